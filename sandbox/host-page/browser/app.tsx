/**
 * The stand-in's page, which loads extensions as Argo CD does. One bundle for React 16.14 and 19: classic JSX and
 * the global React, drawn by whatever the globals bundle brought.
 */
import * as React from 'react';
import './host-globals.ts';
import { ApplicationPage } from './application-page.tsx';
import { ApplicationsPage } from './applications-page.tsx';
import { onSystemPage, provideExtensionsApi } from './extensions-api.ts';
import type { SystemPage } from './extensions-api.ts';
import { Layout } from './layout.tsx';
import { currentPlace, goTo, usePlace } from './navigation.ts';
import { addStyles } from './styles/add-styles.ts';

class App extends React.Component<object, { pages: SystemPage[] }> {
  override state: { pages: SystemPage[] } = { pages: [] };

  constructor(props: object) {
    super(props);
    // Argo CD listens from here on too: a page that was registered before is lost.
    onSystemPage((page) => this.setState(({ pages }) => ({ pages: [...pages, page] })));
  }

  override render(): React.ReactElement {
    return (
      <Layout pages={this.state.pages}>
        <Page pages={this.state.pages} />
      </Layout>
    );
  }
}

function Page({ pages }: { pages: SystemPage[] }): React.ReactElement {
  const { path } = usePlace();
  React.useEffect(() => {
    if (currentPlace().path === '/') goTo('/applications');
  }, [path]);
  const [, section, namespace, name] = path.split('/').map(decodeURIComponent);
  if (section === 'applications' && namespace && name) {
    return <ApplicationPage key={path} namespace={namespace} name={name} />;
  }
  const system = pages.find((page) => path === page.path || path.startsWith(`${page.path}/`));
  if (system) {
    return (
      <div className="page host-system-page">
        <system.component />
      </div>
    );
  }
  return <ApplicationsPage />;
}

addStyles();
provideExtensionsApi();
const container = document.getElementById('app');
if (container) window.standInRender(<App />, container);

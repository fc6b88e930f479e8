/** Applications and trees kept up to date by Argo CD's streams. */
import * as React from 'react';
import { follow, getJson } from './api.ts';
import { fallbackTree, withDefaults } from './types.ts';
import type { ApplicationAnswer, ApplicationView, NodeView, TreeView } from './types.ts';

export type Loaded<Value> =
  | { state: 'loading' }
  | { state: 'failed'; reason: string; retry: () => void }
  | { state: 'ready'; value: Value };

interface ApplicationEvent {
  type: string;
  application: ApplicationAnswer;
}
interface TreeAnswer {
  nodes?: (Omit<NodeView, 'uid'> & { uid?: string })[];
  orphanedNodes?: NodeView[];
}

/** All applications that the user may see, sorted by name. */
export function useApplications(): Loaded<ApplicationView[]> {
  const [loaded, setLoaded] = React.useState<Loaded<ApplicationView[]>>({ state: 'loading' });
  const [attempt, setAttempt] = React.useState(0);
  React.useEffect(() => {
    let gone = false;
    let stop = (): void => undefined;
    const retry = (): void => setAttempt((before) => before + 1);
    getJson<{ items: ApplicationAnswer[] | null; metadata: { resourceVersion: string } }>(
      'api/v1/applications',
    )
      .then(({ items, metadata }) => {
        if (gone) return;
        setLoaded({ state: 'ready', value: (items ?? []).map(withDefaults) });
        const path = `api/v1/stream/applications?resourceVersion=${metadata.resourceVersion}`;
        stop = follow<ApplicationEvent>(path, (event) => setLoaded((before) => afterEvent(before, event)));
      })
      .catch((error: unknown) => {
        if (!gone) setLoaded({ state: 'failed', reason: String(error), retry });
      });
    return () => {
      gone = true;
      stop();
    };
  }, [attempt]);
  return loaded;
}

function afterEvent(
  before: Loaded<ApplicationView[]>,
  { type, application }: ApplicationEvent,
): Loaded<ApplicationView[]> {
  if (before.state !== 'ready') return before;
  const { name, namespace } = application.metadata;
  const others = before.value.filter(
    ({ metadata }) => metadata.name !== name || metadata.namespace !== namespace,
  );
  const value = type === 'DELETED' ? others : [...others, withDefaults(application)];
  return { state: 'ready', value: value.sort((a, b) => a.metadata.name.localeCompare(b.metadata.name)) };
}

/** One application, live. */
export function useApplication(namespace: string, name: string): Loaded<ApplicationView> {
  const [loaded, setLoaded] = React.useState<Loaded<ApplicationView>>({ state: 'loading' });
  const [attempt, setAttempt] = React.useState(0);
  React.useEffect(() => {
    let gone = false;
    setLoaded({ state: 'loading' });
    const query = `appNamespace=${encodeURIComponent(namespace)}`;
    const take = (answer: ApplicationAnswer): void => {
      if (!gone) setLoaded({ state: 'ready', value: withDefaults(answer) });
    };
    const retry = (): void => setAttempt((before) => before + 1);
    getJson<ApplicationAnswer>(`api/v1/applications/${encodeURIComponent(name)}?${query}`)
      .then(take)
      .catch((error: unknown) => {
        if (!gone) setLoaded({ state: 'failed', reason: String(error), retry });
      });
    const stop = follow<ApplicationEvent>(
      `api/v1/stream/applications?name=${encodeURIComponent(name)}&${query}`,
      ({ application }) => take(application),
    );
    return () => {
      gone = true;
      stop();
    };
  }, [namespace, name, attempt]);
  return loaded;
}

/** The application's tree, live; built from its resources until the real one has come. */
export function useTree(application: ApplicationView | undefined): TreeView {
  const [tree, setTree] = React.useState<TreeView | undefined>(undefined);
  const name = application?.metadata.name;
  const namespace = application?.metadata.namespace;
  React.useEffect(() => {
    if (name === undefined || namespace === undefined) return undefined;
    let gone = false;
    setTree(undefined);
    const path = `applications/${encodeURIComponent(name)}/resource-tree?appNamespace=${encodeURIComponent(namespace)}`;
    const take = (answer: TreeAnswer): void => {
      if (!gone) setTree(treeOf(answer));
    };
    // A tree that cannot be read leaves the fallback; the application's conditions say why.
    getJson<TreeAnswer>(`api/v1/${path}`).then(take, () => undefined);
    const stop = follow<TreeAnswer>(`api/v1/stream/${path}`, take);
    return () => {
      gone = true;
      stop();
    };
  }, [name, namespace]);
  return React.useMemo(
    () => tree ?? (application ? fallbackTree(application) : { nodes: [] }),
    [tree, application],
  );
}

function treeOf(answer: TreeAnswer): TreeView {
  const nodes = (answer.nodes ?? []).map((node) => ({ ...node, uid: node.uid ?? '' }));
  return { ...answer, nodes };
}

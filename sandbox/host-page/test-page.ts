/** For tests: the page's bundles built into a folder of their own, and an extension that shows its props. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';

export interface PageBuild {
  distDir: string;
  /** Extension file that registers one of each kind. */
  extension: string;
  remove(): void;
}

const BROWSER = fileURLToPath(new URL('./browser/', import.meta.url));

/** Builds the three bundles as the build does, but without minifying. */
export async function buildPage(): Promise<PageBuild> {
  const distDir = mkdtempSync(join(tmpdir(), 'host-page-test-'));
  const common = {
    bundle: true,
    outdir: distDir,
    format: 'iife',
    target: 'es2022',
    jsx: 'transform',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  } as const;
  await Promise.all([
    build({ ...common, entryPoints: [join(BROWSER, 'globals-16.ts')], alias: { react: 'react16' } }),
    build({ ...common, entryPoints: [join(BROWSER, 'globals-19.ts')] }),
    build({ ...common, entryPoints: [join(BROWSER, 'app.tsx')], plugins: [globalReact] }),
  ]);
  const extension = join(distDir, 'extension-test.js');
  writeFileSync(extension, EXTENSION);
  return { distDir, extension, remove: () => rmSync(distDir, { recursive: true, force: true }) };
}

const globalReact: Plugin = {
  name: 'global-react',
  setup(context) {
    context.onResolve({ filter: /^react$/ }, ({ path }) => ({ path, namespace: 'global-react' }));
    context.onLoad({ filter: /.*/, namespace: 'global-react' }, () => ({
      contents: 'module.exports = window.React;',
    }));
  },
};

/** Written for any React, as a real extension is; each part prints what it was given. */
const EXTENSION = `
(() => {
  const h = window.React.createElement;
  const api = window.extensionsAPI;
  const Tab = ({ resource, tree, application }) => {
    const [count, setCount] = window.React.useState(0);
    return h('div', { id: 'test-tab' },
      h('span', { id: 'same' }, String(resource === application)),
      h('span', { id: 'kind' }, application.apiVersion + ' ' + application.kind),
      h('span', { id: 'sync' }, application.status.sync.revision),
      h('span', { id: 'nodes' }, tree.nodes.map((node) => node.kind + ':' + node.name + ':' + (node.uid !== '')).join(' ')),
      h('span', { id: 'react' }, window.React.version + ' ' + typeof window.ReactJSXRuntime + ' ' + typeof window.Moment().fromNow()),
      h('button', { id: 'count', onClick: () => setCount(count + 1) }, String(count)));
  };
  const Manifest = ({ resource }) => h('div', { id: 'test-manifest' }, resource ? resource.kind + ' ' + resource.metadata.name : 'none');
  const Broken = () => { throw new Error('broken tab'); };
  const Item = ({ application, openFlyout }) => h('div', { className: 'application-status-panel__item' },
    h('button', { id: 'open-flyout', onClick: openFlyout }, 'open ' + application.metadata.name));
  const Flyout = ({ application, tree }) => h('div', { id: 'test-flyout' }, application.metadata.name + ' ' + tree.nodes.length);
  const View = ({ application }) => h('div', { id: 'test-view' }, 'view of ' + application.metadata.name);
  const System = () => h('div', { id: 'test-system' }, 'system page');
  api.registerResourceExtension(Tab, 'argoproj.io', 'Application', 'Zed', { icon: 'fa-z' });
  api.registerResourceExtension(Manifest, '*', 'Config*', 'Manifest');
  api.registerResourceExtension(Manifest, '', 'Secret', 'Manifest');
  api.registerResourceExtension(Broken, '**', 'Secret', 'Broken');
  api.registerStatusPanelExtension(Item, 'Item', 'test-item', Flyout);
  api.registerTopBarActionMenuExt(({ openFlyout }) => h('button', { id: 'top', onClick: openFlyout }, 'top'), 'Top', 'test-top', Flyout, () => true, '', true);
  api.registerAppViewExtension(View, 'Views', 'fa-eye', (application) => application.metadata.name === 'shop');
  api.registerAppViewExtension(View, 'Hidden', 'fa-eye', () => false);
  const whenDrawn = () => api.registerSystemLevelExtension(System, 'System', '/system', 'fa-cog');
  const root = document.getElementById('app');
  if (root.childElementCount > 0) whenDrawn();
  else new MutationObserver((_, observer) => { observer.disconnect(); whenDrawn(); }).observe(root, { childList: true });
})();
`;

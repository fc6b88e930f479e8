/**
 * For tests only: a page that stands in for Argo CD's around the tab: global React, `extensionsAPI`, theme classes,
 * a sliding panel's measures, and the global rules of the host that reach into extensions.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { hostProps } from './host-props.ts';
import type { Scenario } from './scenarios.ts';

const TAB = fileURLToPath(new URL('../index.tsx', import.meta.url));
/** Argo CD is often served under a path of its own. */
const BASE = '/argo/';

export interface HostPage {
  /** Address of the page that shows `part` of the extension for the application `name`. */
  url: (view: {
    name: string;
    part?: 'tab' | 'item' | 'flyout' | 'page';
    theme?: 'light' | 'dark';
    width?: number;
    react?: 16 | 19;
  }) => string;
  /** Requests that came in, by path and query. */
  requests: string[];
  /** Changes what is answered from now on. */
  scenarios: Record<string, Scenario>;
  logs: { status: number; body: string };
  /** Names of the applications that the user may list. */
  listed: string[];
  bundle: string;
  close: () => Promise<void>;
}

export async function startHostPage(scenarios: Record<string, Scenario>): Promise<HostPage> {
  const [bundle, react16, react19] = await Promise.all([bundleTab(), bundleReact(16), bundleReact(19)]);
  const files: Record<string, string> = {
    'extensions.js': bundle,
    'react16.js': react16,
    'react19.js': react19,
  };
  const page: Pick<HostPage, 'requests' | 'scenarios' | 'logs' | 'listed'> = {
    requests: [],
    scenarios,
    logs: { status: 200, body: '' },
    listed: [],
  };
  const server = createServer((request, response) => answer(request, response, { files, page }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(page, {
    bundle,
    url: ({ name, part = 'tab', theme = 'light', width = 932, react = 19 }: Parameters<HostPage['url']>[0]) =>
      `http://127.0.0.1:${port}${BASE}host?name=${name}&part=${part}&theme=${theme}&width=${width}&react=${react}`,
    close: () => closed(server),
  });
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** The tab as it is shipped: React from the host. */
async function bundleTab(): Promise<string> {
  const result = await build({
    entryPoints: [TAB],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2020',
    jsx: 'transform',
    write: false,
    plugins: [hostGlobals],
  });
  return result.outputFiles[0]?.text ?? '';
}

const hostGlobals: Plugin = {
  name: 'host-globals',
  setup(context) {
    context.onResolve({ filter: /^react(-dom)?$/ }, ({ path }) => ({ path, namespace: 'host-global' }));
    context.onLoad({ filter: /.*/, namespace: 'host-global' }, ({ path }) => ({
      contents: `module.exports = window.${path === 'react' ? 'React' : 'ReactDOM'}`,
    }));
  },
};

/** React 16 with `ReactDOM.render`, or 19 with a root of its own: `window.renderInto` hides the difference. */
async function bundleReact(version: 16 | 19): Promise<string> {
  const suffix = version === 16 ? '16' : '';
  const client = version === 16 ? 'react-dom16' : 'react-dom/client';
  const render =
    version === 16
      ? 'ReactDOM.render(element, node)'
      : '(node.root ??= client.createRoot(node)).render(element)';
  const result = await build({
    stdin: {
      contents: `
        import * as React from 'react${suffix}'; import * as ReactDOM from 'react-dom${suffix}'; import * as client from '${client}';
        window.React = React; window.ReactDOM = ReactDOM;
        window.renderInto = (element, node) => { void client; ${render}; };`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    minify: true,
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"production"' },
    absWorkingDir: fileURLToPath(new URL('.', import.meta.url)),
    ...(version === 16 ? { alias: { react: 'react16' } } : {}),
    write: false,
  });
  return result.outputFiles[0]?.text ?? '';
}

interface Context {
  files: Record<string, string>;
  page: Pick<HostPage, 'requests' | 'scenarios' | 'logs' | 'listed'>;
}

function answer(request: IncomingMessage, response: ServerResponse, { files, page }: Context): void {
  const url = new URL(request.url ?? '/', 'http://host');
  const path = url.pathname.startsWith(BASE) ? url.pathname.slice(BASE.length) : undefined;
  const file = path === undefined ? undefined : files[path];
  if (file !== undefined) return send(response, 200, { type: 'text/javascript', body: file });
  if (path === 'host')
    return send(response, 200, { type: 'text/html', body: hostHtml(url.searchParams, page.scenarios) });
  if (path === 'api/v1/settings') return sendJson(response, 200, { controllerNamespace: 'argocd' });
  if (path === 'api/v1/applications') {
    page.requests.push(url.pathname + url.search);
    return sendJson(response, 200, {
      metadata: {},
      items: page.listed.map((name) => hostProps(name, page.scenarios[name]).application),
    });
  }
  const route = /^api\/v1\/applications\/([^/]+)\/(resource|logs)$/.exec(path ?? '');
  if (!route?.[1]) return send(response, 404, { type: 'text/plain', body: 'not found' });
  page.requests.push(url.pathname + url.search);
  if (route[2] === 'logs')
    return send(response, page.logs.status, { type: 'application/json', body: page.logs.body });
  resourceAnswer(response, page.scenarios[route[1]], url.searchParams.get('resourceName') ?? '');
}

function resourceAnswer(response: ServerResponse, scenario: Scenario | undefined, name: string): void {
  const refuse = (status: number, message: string): void =>
    sendJson(response, status, { error: message, code: 7, message });
  if (scenario?.refused) return refuse(scenario.refused.status, scenario.refused.message);
  const isLedger = name.startsWith('stageline-ledger-');
  const data = isLedger ? scenario?.ledger && { 'ledger.json': scenario.ledger } : scenario?.anchor;
  if (!data) return refuse(400, `ConfigMap  ${name} not found as part of application x`);
  sendJson(response, 200, {
    manifest: JSON.stringify({ kind: 'ConfigMap', metadata: { name, resourceVersion: '1' }, data }),
  });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, { type: 'application/json', body: JSON.stringify(body) });
}

function send(response: ServerResponse, status: number, content: { type: string; body: string }): void {
  response.writeHead(status, {
    'Content-Type': `${content.type}; charset=utf-8`,
    // Stricter than Argo CD's own: what an admin may set. Styles of elements and evaluation are forbidden.
    'Content-Security-Policy':
      "default-src 'self'; script-src 'self' 'nonce-host'; style-src 'self' 'nonce-host'; object-src 'none'",
  });
  response.end(content.body);
}

function hostHtml(query: URLSearchParams, scenarios: Record<string, Scenario>): string {
  const name = query.get('name') ?? '';
  const props = JSON.stringify(hostProps(name, scenarios[name])).replaceAll('<', '\\u003c');
  const react = query.get('react') === '16' ? 16 : 19;
  const width = Number(query.get('width'));
  const dark = query.get('theme') === 'dark';
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Host page</title><base href="${BASE}">
<style nonce="host">${HOST_CSS} #part{width:${width}px} body{background:${dark ? '#28292A' : '#EFF3F5'}}</style></head>
<body><main class="theme-${dark ? 'dark' : 'light'}"><div class="sliding-panel__body"><div id="part"></div></div></main>
<script src="react${react}.js"></script>
<script nonce="host">
window.parts = {};
window.extensionsAPI = {
  registerResourceExtension: (tab, group, kind, title, options) => { window.parts.tab = tab; window.registered = [group, kind, title, options.icon]; },
  registerStatusPanelExtension: (item, title, id, flyout) => { window.parts.item = item; window.parts.flyout = flyout; },
  registerSystemLevelExtension: (page) => { window.parts.page = page; },
};
window.STAGELINE_VARS = { traceUrlTemplate: 'https://jaeger.example.com/trace/{traceId}' };
</script>
<script src="extensions.js"></script>
<script nonce="host">
window.props = ${props};
window.opened = 0;
window.draw = (props) => window.renderInto(
  React.createElement(window.parts[${JSON.stringify(query.get('part'))}], { ...props, resource: props.application, openFlyout: () => { window.opened += 1; } }),
  document.getElementById('part'));
window.draw(window.props);
</script></body></html>`;
}

/** Global rules like the host's: killed focus rings, framework styles of bare elements. */
const HOST_CSS = `
*{box-sizing:border-box} body{margin:0;font:400 16px/1.5 Heebo,'Helvetica Neue',Arial,sans-serif;color:#0a0a0a}
body button,body a,body span,body input{outline:none!important}
p{margin-bottom:1rem;line-height:1.6} ul,ol,dl{margin-bottom:1rem;margin-left:1.25rem;list-style-position:outside;line-height:1.6} dl dt{font-weight:700}
h1,h2{color:#00A2B3} h3{font-size:1.94rem;margin-bottom:.5rem;line-height:1.4;font-weight:400} a{color:#00A2B3}
table{width:100%;margin-bottom:1rem;border-radius:0} tbody,thead{border:1px solid #f1f1f1;background:#fefefe} thead{background:#f8f8f8;color:#0a0a0a}
tbody tr:nth-child(even){background:#f1f1f1} tbody td,tbody th{padding:.5rem .625rem .625rem}
code{padding:.125rem .3125rem .0625rem;border:1px solid #cacaca;background:#e6e6e6;font-weight:400} button{appearance:none;border:0;border-radius:0;background:0 0}
.sliding-panel__body{padding:16px}
.application-status-panel__item{width:260px;padding:5px 20px;border-left:1px solid #DEE6EB;background:#fff} .theme-dark .application-status-panel__item{background:#303237}
.application-status-panel__item-value{font-size:22.4px;font-weight:500} .application-status-panel__item-name{font-size:13px}
`;

/**
 * For tests only: a page that stands in for Argo CD's around the tab: global React, `extensionsAPI`, theme classes,
 * a sliding panel's measures, and the global rules of the host that reach into extensions.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
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
  url: (view: HostView) => string;
  /** Requests that came in: path and query, with method and body before and after them unless it is a GET. */
  requests: string[];
  /** Headers of the last request to the backend. */
  backendHeaders: IncomingHttpHeaders;
  /** What the backend answers below `extensions/stageline/`; undefined: none is installed. */
  backend: ((path: string) => Answered) | undefined;
  /** What Argo CD answers to actions and deletions of Jobs. */
  jobs: { actions: object[] | undefined; hasV2: boolean; refuses: boolean };
  /** Changes what is answered from now on. */
  scenarios: Record<string, Scenario>;
  logs: { status: number; body: string };
  /** Names of the applications that the user may list. */
  listed: string[];
  bundle: string;
  close: () => Promise<void>;
}

/** What the page shows, and how. */
export interface HostView {
  name: string;
  part?: 'tab' | 'item' | 'flyout' | 'page';
  theme?: 'light' | 'dark';
  width?: number;
  react?: 16 | 19;
  /** Leaves out the admin's template for addresses of traces, so that the backend is asked for one. */
  noTemplate?: boolean;
  /** More of the address, such as the tab's own parameters. */
  query?: string;
}

export interface Answered {
  status: number;
  body: string;
  type?: string;
}

type Page = Pick<
  HostPage,
  'requests' | 'scenarios' | 'logs' | 'listed' | 'backend' | 'backendHeaders' | 'jobs'
>;

/** `built`: the text of a bundle to load; without it the sources are bundled. */
export async function startHostPage(scenarios: Record<string, Scenario>, built?: string): Promise<HostPage> {
  const [bundle, react16, react19] = await Promise.all([
    built ?? bundleTab(),
    bundleReact(16),
    bundleReact(19),
  ]);
  const files: Record<string, string> = {
    'extensions.js': bundle,
    'react16.js': react16,
    'react19.js': react19,
  };
  const page: Page = {
    requests: [],
    scenarios,
    logs: { status: 200, body: '' },
    listed: [],
    backend: undefined,
    backendHeaders: {},
    jobs: { actions: [{ name: 'resume' }], hasV2: true, refuses: false },
  };
  const server = createServer((request, response) => void answer(request, response, { files, page }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(page, {
    bundle,
    url: (view: HostView) => {
      const {
        name,
        part = 'tab',
        theme = 'light',
        width = 932,
        react = 19,
        noTemplate = false,
        query = '',
      } = view;
      return `http://127.0.0.1:${port}${BASE}host?name=${name}&part=${part}&theme=${theme}&width=${width}&react=${react}${noTemplate ? '&noTemplate' : ''}${query}`;
    },
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
  page: Page;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { files, page }: Context,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://host');
  const path = url.pathname.startsWith(BASE) ? url.pathname.slice(BASE.length) : '';
  const file = files[path];
  if (file !== undefined) return send(response, { status: 200, type: 'text/javascript', body: file });
  if (path === 'host') {
    const body = hostHtml(url.searchParams, page.scenarios);
    return send(response, { status: 200, type: 'text/html', body });
  }
  if (path === 'api/v1/settings') return sendJson(response, 200, { controllerNamespace: 'argocd' });
  const body = await bodyOf(request);
  page.requests.push(
    request.method === 'GET'
      ? url.pathname + url.search
      : `${request.method} ${url.pathname}${url.search} ${body}`.trim(),
  );
  if (path === 'api/v1/applications') {
    const wanted = url.searchParams.get('name');
    const names = page.listed.filter((name) => wanted === null || name === wanted);
    const items = names.map((name) => hostProps(name, page.scenarios[name]).application);
    return sendJson(response, 200, { metadata: {}, items: items.length === 0 ? null : items });
  }
  if (path.startsWith('extensions/stageline/')) {
    page.backendHeaders = request.headers;
    return send(
      response,
      page.backend?.(path.slice('extensions/stageline/'.length)) ?? {
        status: 404,
        type: 'text/plain',
        body: 'Extension not found',
      },
    );
  }
  const route =
    /^api\/v1\/applications\/([^/]+)\/(resource|logs|resource\/actions|resource\/actions\/v2)$/.exec(path);
  if (!route?.[1]) return send(response, { status: 404, type: 'text/plain', body: 'not found' });
  if (route[2] === 'logs') return send(response, page.logs);
  if (route[2] !== 'resource' || request.method === 'DELETE')
    return jobAnswer(response, page.jobs, {
      call: `${request.method} ${route[2]}`,
      isProbe: /"resourceName":"[^"]*-"|resourceName=[^&]*-(&|$)/.test(body + url.search),
    });
  resourceAnswer(response, page.scenarios[route[1]], url.searchParams.get('resourceName') ?? '');
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request) body += String(part);
  return body;
}

/** Argo CD lists actions to whoever may see the application, and refuses when one is run. */
function jobAnswer(
  response: ServerResponse,
  jobs: HostPage['jobs'],
  { call, isProbe }: { call: string; isProbe: boolean },
): void {
  if (call === 'POST resource/actions/v2' && !jobs.hasV2)
    return send(response, { status: 404, type: 'text/plain', body: 'Not Found' });
  const isDecision = !call.startsWith('GET');
  if (isDecision && jobs.refuses) {
    const message = 'permission denied: applications, action/batch/Job/resume, default/x, sub: alice';
    return sendJson(response, 403, { error: message, code: 7, message });
  }
  if (jobs.actions === undefined || isProbe) {
    const message = 'Job batch sl-promote-prod-7c1d not found as part of application x';
    return sendJson(response, 400, { error: message, code: 3, message });
  }
  if (call === 'GET resource/actions') return sendJson(response, 200, { actions: jobs.actions });
  sendJson(response, 200, {});
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
  send(response, { status, body: JSON.stringify(body) });
}

function send(response: ServerResponse, { status, type = 'application/json', body }: Answered): void {
  response.writeHead(status, {
    'Content-Type': `${type}; charset=utf-8`,
    // Stricter than Argo CD's own: what an admin may set. Styles of elements and evaluation are forbidden.
    'Content-Security-Policy':
      "default-src 'self'; script-src 'self' 'nonce-host'; style-src 'self' 'nonce-host'; object-src 'none'",
  });
  response.end(body);
}

function hostHtml(query: URLSearchParams, scenarios: Record<string, Scenario>): string {
  const name = query.get('name') ?? '';
  const props = JSON.stringify(hostProps(name, scenarios[name])).replaceAll('<', '\\u003c');
  const react = query.get('react') === '16' ? 16 : 19;
  const look = `${JSON.stringify(query.get('theme'))}, ${Number(query.get('width'))}`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Host page</title><base href="${BASE}">
<style nonce="host">${HOST_CSS} </style></head>
<body><main><div class="sliding-panel__body"><div id="part"></div></div></main>
<script src="react${react}.js"></script>
<script nonce="host">
window.parts = {};
window.extensionsAPI = {
  registerResourceExtension: (tab, group, kind, title, options) => { window.parts.tab = tab; window.registered = [group, kind, title, options.icon]; },
  registerStatusPanelExtension: (item, title, id, flyout) => { window.parts.item = item; window.parts.flyout = flyout; },
  registerSystemLevelExtension: (page) => { window.parts.page = page; },
};
${query.has('noTemplate') ? '' : "window.STAGELINE_VARS = { traceUrlTemplate: 'https://jaeger.example.com/trace/{traceId}' };"}
</script>
<script src="extensions.js"></script>
<script nonce="host">
window.setLook = (theme, width) => {
  document.querySelector('main').className = 'theme-' + theme;
  document.body.style.background = theme === 'dark' ? '#28292A' : '#EFF3F5';
  document.getElementById('part').style.width = width + 'px';
};
window.props = ${props};
window.opened = 0;
window.setLook(${look});
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
.application-status-panel__item{width:260px;padding:5px 20px;font-size:11.2px;line-height:1.2;color:#495763;border-left:1px solid #DEE6EB;background:#fff} .theme-dark .application-status-panel__item{background:#303237;color:#DEE6EB}
.application-status-panel__item-value{font-size:2em;font-weight:500;margin-bottom:.5em} .application-status-panel__item-name{margin-bottom:.5em}
`;

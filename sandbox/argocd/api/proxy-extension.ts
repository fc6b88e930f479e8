/**
 * Argo CD's proxy extension: `/extensions/{name}/…` forwarded to a backend with identity headers. It keeps
 * the defect that a user without groups can send any `Argocd-User-Groups`.
 */
import { request as httpRequest } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { ApiContext } from './context.ts';
import { sendText } from './http.ts';
import { tokenOf } from './sessions.ts';
import type { Session } from './sessions.ts';

export interface ExtensionBackend {
  name: string;
  /** Only scheme and host count; a path is ignored, as Argo CD ignores it. Undefined: none for this cluster. */
  url?: string;
  /** Configured headers, such as a shared secret. */
  headers?: Record<string, string>;
}

type Refusal = { status: number; text: string };
type Checked = { ok: true; headers: OutgoingHttpHeaders; backend: URL } | { ok: false; refusal: Refusal };

const APPLICATION_HEADER = 'Argocd-Application-Name';
const PROJECT_HEADER = 'Argocd-Project-Name';
/** Hop-by-hop headers, which a proxy never passes on. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Checks in Argo CD's order and forwards; answers refusals as plain text. */
export function proxyExtension(
  context: ApiContext,
  backends: ExtensionBackend[],
  { request, response, url }: { request: IncomingMessage; response: ServerResponse; url: URL },
): void {
  const [, , name = '', ...rest] = url.pathname.split('/');
  const checked = check(context, backends, { request, name });
  if (!checked.ok) {
    sendText(response, checked.refusal.text, checked.refusal.status);
    return;
  }
  const { backend, headers } = checked;
  const path = `/${rest.map((part) => decodeURIComponent(part)).join('/')}`;
  const forwarded = httpRequest(
    {
      hostname: backend.hostname,
      port: backend.port,
      method: request.method,
      path: encodeURI(path) + url.search,
      headers: { ...headers, host: backend.host },
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  forwarded.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  response.on('close', () => forwarded.destroy());
  request.pipe(forwarded);
}

function check(
  context: ApiContext,
  backends: ExtensionBackend[],
  { request, name }: { request: IncomingMessage; name: string },
): Checked {
  const token = tokenOf(request, { cookieOnly: true });
  if (token === undefined) return refuse(400, 'Auth cookie not found');
  const session = context.sessions.verify(token);
  if (!session) return refuse(401, 'Invalid session');
  const names = headerValues(request);
  if (typeof names === 'string') return refuse(400, `Invalid headers: ${names}`);
  const application = context.argo.application({ namespace: names.namespace, name: names.application });
  // Argo CD leaves the namespace out of this object, whatever namespace the application is in.
  const object = `${names.project}/${names.application}`;
  const mayGet = context.policy.allows(session, { resource: 'applications', action: 'get', object });
  const mayInvoke = context.policy.allows(session, {
    resource: 'extensions',
    action: 'invoke',
    object: name,
  });
  if (!mayGet || !mayInvoke || !application || application.spec.project !== names.project) {
    return refuse(401, 'Unauthorized extension request');
  }
  const extension = backends.find((candidate) => candidate.name === name);
  if (!extension) return refuse(404, 'Extension not found');
  if (extension.url === undefined) return refuse(400, 'invalid extension');
  const { server, name: cluster } = application.spec.destination;
  const headers = {
    ...passedOn(request),
    ...identityHeaders(session, names.namespace),
    ...(cluster && { 'argocd-target-cluster-name': cluster }),
    ...(server && { 'argocd-target-cluster-url': server }),
    ...lowerCased(extension.headers ?? {}),
    'x-forwarded-for': request.socket.remoteAddress ?? '',
    'x-forwarded-host': request.headers.host ?? '',
    'x-forwarded-proto': 'http',
  };
  return { ok: true, headers, backend: new URL(extension.url) };
}

/** Headers of the client that reach the backend: all but credentials and hop-by-hop ones. */
function passedOn(request: IncomingMessage): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ...request.headers };
  for (const name of ['authorization', 'cookie', 'host', ...HOP_BY_HOP]) delete headers[name];
  return headers;
}

/** The groups header is set only when there are groups, and nothing removes a forged one. */
function identityHeaders(session: Session, namespace: string): OutgoingHttpHeaders {
  return {
    'argocd-namespace': namespace,
    'argocd-user-id': session.userId,
    'argocd-username': session.username,
    ...(session.groups.length > 0 && { 'argocd-user-groups': session.groups.join(',') }),
  };
}

function headerValues(
  request: IncomingMessage,
): { namespace: string; application: string; project: string } | string {
  const named = single(request.headers[APPLICATION_HEADER.toLowerCase()]);
  if (named === '') return `header "${APPLICATION_HEADER}" must be provided`;
  const [namespace = '', application = '', ...rest] = named.split(':');
  if (namespace === '' || application === '' || rest.length > 0) {
    return `invalid value for "${APPLICATION_HEADER}" header: expected format: <namespace>:<app-name>`;
  }
  const project = single(request.headers[PROJECT_HEADER.toLowerCase()]);
  if (project === '') return `header "${PROJECT_HEADER}" must be provided`;
  return { namespace, application, project };
}

function single(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function refuse(status: number, text: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { status, text } };
}

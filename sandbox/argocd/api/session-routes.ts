/** Routes about the user and the installation: log in and out, who am I, may I, settings, version. */
import { z } from 'zod';
import { ArgoCdError } from '../engine/index.ts';
import { parseBody } from './body.ts';
import type { ApiCall, ApiContext } from './context.ts';
import { sendJson } from './http.ts';
import { sessionCookie } from './sessions.ts';
import type { Session } from './sessions.ts';

const RESOURCES = new Set([
  'applications',
  'applicationsets',
  'clusters',
  'projects',
  'repositories',
  'accounts',
  'certificates',
  'gpgkeys',
  'logs',
  'exec',
  'extensions',
]);
const ACTIONS = new Set(['get', 'create', 'update', 'delete', 'sync', 'override', 'action', 'invoke']);

/** A call of a route that needs no session. */
export interface OpenCall extends Omit<ApiCall, 'session'> {
  session: Session | undefined;
}

const loginBody = z.object({ username: z.string().default(''), password: z.string().default('') });

export function login(call: OpenCall): undefined {
  const { username, password } = parseBody(loginBody, call.body);
  if (username === '') throw new ArgoCdError('Unauthenticated', 'no credentials supplied');
  const token = call.context.sessions.login(username, password);
  call.response.setHeader('Set-Cookie', sessionCookie(token, call.context.rootPath));
  sendJson(call.response, { token });
  return undefined;
}

export function logout(call: OpenCall): undefined {
  call.response.setHeader('Set-Cookie', sessionCookie('', call.context.rootPath));
  sendJson(call.response, {});
  return undefined;
}

export function getUserInfo({ session }: OpenCall): unknown {
  if (!session) return {};
  const { username, groups } = session;
  return { loggedIn: true, username, iss: 'argocd', ...(groups.length > 0 && { groups }) };
}

/** `GET /api/v1/account/can-i/{resource}/{action}/{subresource}`; the subresource is the rest, slashes included. */
export function canI(call: ApiCall): unknown {
  const { resource = '', action = '', subresource = '' } = call.params;
  if (!RESOURCES.has(resource) || !ACTIONS.has(action)) {
    throw new ArgoCdError('InvalidArgument', `${RESOURCES.has(resource) ? 'action' : 'resource'} is invalid`);
  }
  const object = normalized(call.context, subresource);
  return { value: call.context.policy.allows(call.session, { resource, action, object }) ? 'yes' : 'no' };
}

/** Applications of the control plane's own namespace may be named with it. */
function normalized({ argo }: ApiContext, subresource: string): string {
  const [project, namespace, name, ...rest] = subresource.split('/');
  if (rest.length > 0 || name === undefined || namespace !== argo.namespace) return subresource;
  return `${project ?? ''}/${name}`;
}

export function getSettings({ context, session }: OpenCall): unknown {
  return {
    appLabelKey: 'app.kubernetes.io/instance',
    googleAnalytics: {},
    kustomizeOptions: { BuildOptions: '', BinaryPath: '', Versions: null },
    help: {},
    trackingMethod: 'annotation',
    appsInAnyNamespaceEnabled: true,
    ...(session && { controllerNamespace: context.argo.namespace }),
    installationID: 'stand-in',
  };
}

export function getVersion({ context, session }: OpenCall): unknown {
  const Version = context.version;
  return session ? { Version, KustomizeVersion: 'not built in', HelmVersion: 'not built in' } : { Version };
}

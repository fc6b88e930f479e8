/** What every route works with, and how each finds its application and checks the user's rights to it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PodLogSource } from '../../kube/index.ts';
import { ArgoCdError } from '../engine/index.ts';
import type { Application, ApplicationKey, ArgoCd } from '../engine/index.ts';
import type { Policy } from './rbac.ts';
import type { Session, Sessions } from './sessions.ts';

export interface ApiContext {
  argo: ArgoCd;
  sessions: Sessions;
  policy: Policy;
  logs: PodLogSource | undefined;
  now: () => Date;
  version: string;
  /** Path prefix under which everything is served: '' or `/argocd`. */
  rootPath: string;
  /** Silence between keepalive comments of a stream, in milliseconds. */
  keepaliveMs: number;
}

/** One request to one route. */
export interface ApiCall {
  context: ApiContext;
  request: IncomingMessage;
  response: ServerResponse;
  params: Record<string, string>;
  query: URLSearchParams;
  session: Session;
  /** The parsed body of a request that may have one. */
  body: unknown;
}

/** A route either returns the JSON to send, or answers by itself and returns undefined. */
export type ApiHandler = (call: ApiCall) => unknown;

export interface FoundApplication {
  key: ApplicationKey;
  application: Application;
  /** `project/name`, or `project/namespace/name` outside the control plane's namespace. */
  object: string;
}

/**
 * The application that a call names. Missing and forbidden look alike (403), unless the caller names the
 * project too: then a missing one is 404.
 */
export function findApplication(
  call: ApiCall,
  named: { name: string; appNamespace?: string | undefined; project?: string | undefined },
): FoundApplication {
  const { argo } = call.context;
  const key = { name: named.name, namespace: named.appNamespace || argo.namespace };
  const application = argo.application(key);
  const project = named.project ?? '';
  if (project !== '') requireRight(call, 'get', objectName(call.context, key, project));
  if (!application) {
    if (project === '') throw new ArgoCdError('PermissionDenied', 'permission denied');
    throw new ArgoCdError('NotFound', `applications.argoproj.io "${key.name}" not found`);
  }
  const object = objectName(call.context, key, application.spec.project);
  const allowed = call.context.policy.allows(call.session, {
    resource: 'applications',
    action: 'get',
    object,
  });
  if (!allowed || (project !== '' && project !== application.spec.project)) {
    throw new ArgoCdError('PermissionDenied', 'permission denied');
  }
  return { key, application, object };
}

/** The application of the path's `{name}`, with `appNamespace` and `project` of the query. */
export function applicationOf(call: ApiCall): FoundApplication {
  return findApplication(call, {
    name: call.params['name'] ?? '',
    appNamespace: call.query.get('appNamespace') ?? undefined,
    project: call.query.get('project') ?? undefined,
  });
}

/** Refuses unless the user may do this; `resource` is `applications` unless told. */
export function requireRight(call: ApiCall, action: string, object: string, resource = 'applications'): void {
  const { policy } = call.context;
  if (policy.allows(call.session, { resource, action, object })) return;
  const { username, issuedAt } = call.session;
  const who = `sub: ${username}, iat: ${issuedAt}`;
  throw new ArgoCdError('PermissionDenied', `permission denied: ${resource}, ${action}, ${object}, ${who}`);
}

export function objectName(context: ApiContext, key: ApplicationKey, project: string): string {
  const inControlPlane = key.namespace === context.argo.namespace;
  return inControlPlane ? `${project}/${key.name}` : `${project}/${key.namespace}/${key.name}`;
}

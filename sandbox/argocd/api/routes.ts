/** The routes of Argo CD's API that the stand-in has, and how a path finds its route. */
import { listActions, runActionV1, runActionV2 } from './actions.ts';
import { getApplication, listApplications, patchApplication, watchApplications } from './applications.ts';
import type { ApiCall } from './context.ts';
import { deleteResource } from './delete-resource.ts';
import { getLogs } from './logs.ts';
import { getCluster, getLinks } from './page-routes.ts';
import { rollbackApplication, syncApplication, terminateOperation } from './operations.ts';
import {
  getEvents,
  getManagedResources,
  getManifests,
  getResource,
  getResourceTree,
  getRevisionMetadata,
  getSyncWindows,
  watchResourceTree,
} from './resources.ts';
import { canI, getSettings, getUserInfo, getVersion, login, logout } from './session-routes.ts';
import type { OpenCall } from './session-routes.ts';

export type Route =
  | { method: string; path: string; access: 'session'; handle: (call: ApiCall) => unknown; stream?: true }
  | { method: string; path: string; access: 'open'; handle: (call: OpenCall) => unknown };

const APP = '/api/v1/applications/{name}';

const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/api/v1/applications', access: 'session', handle: listApplications },
  { method: 'GET', path: APP, access: 'session', handle: getApplication },
  { method: 'PATCH', path: APP, access: 'session', handle: patchApplication },
  {
    method: 'GET',
    path: '/api/v1/stream/applications',
    access: 'session',
    handle: watchApplications,
    stream: true,
  },
  {
    method: 'GET',
    path: '/api/v1/stream/applications/{name}/resource-tree',
    access: 'session',
    handle: watchResourceTree,
    stream: true,
  },
  { method: 'GET', path: `${APP}/resource-tree`, access: 'session', handle: getResourceTree },
  { method: 'GET', path: `${APP}/resource`, access: 'session', handle: getResource },
  { method: 'DELETE', path: `${APP}/resource`, access: 'session', handle: deleteResource },
  { method: 'GET', path: `${APP}/resource/actions`, access: 'session', handle: listActions },
  { method: 'POST', path: `${APP}/resource/actions`, access: 'session', handle: runActionV1 },
  { method: 'POST', path: `${APP}/resource/actions/v2`, access: 'session', handle: runActionV2 },
  { method: 'GET', path: `${APP}/managed-resources`, access: 'session', handle: getManagedResources },
  { method: 'GET', path: `${APP}/events`, access: 'session', handle: getEvents },
  { method: 'GET', path: `${APP}/logs`, access: 'session', handle: getLogs, stream: true },
  { method: 'GET', path: `${APP}/manifests`, access: 'session', handle: getManifests },
  {
    method: 'GET',
    path: `${APP}/revisions/{revision}/metadata`,
    access: 'session',
    handle: getRevisionMetadata,
  },
  { method: 'GET', path: `${APP}/syncwindows`, access: 'session', handle: getSyncWindows },
  { method: 'GET', path: `${APP}/links`, access: 'session', handle: getLinks },
  { method: 'GET', path: '/api/v1/clusters/{server}', access: 'session', handle: getCluster },
  { method: 'POST', path: `${APP}/sync`, access: 'session', handle: syncApplication },
  { method: 'DELETE', path: `${APP}/operation`, access: 'session', handle: terminateOperation },
  { method: 'POST', path: `${APP}/rollback`, access: 'session', handle: rollbackApplication },
  { method: 'POST', path: '/api/v1/session', access: 'open', handle: login },
  { method: 'DELETE', path: '/api/v1/session', access: 'open', handle: logout },
  { method: 'GET', path: '/api/v1/session/userinfo', access: 'open', handle: getUserInfo },
  {
    method: 'GET',
    path: '/api/v1/account/can-i/{resource}/{action}/{subresource=**}',
    access: 'session',
    handle: canI,
  },
  { method: 'GET', path: '/api/v1/settings', access: 'open', handle: getSettings },
  { method: 'GET', path: '/api/version', access: 'open', handle: getVersion },
];

export type RouteMatch =
  | { status: 'found'; route: Route; params: Record<string, string> }
  | { status: 'wrong-method' }
  | { status: 'unknown' };

/** Finds the route of a method and an (undecoded) path. */
export function matchRoute(method: string, pathname: string): RouteMatch {
  let known = false;
  for (const route of ROUTES) {
    const params = matchPath(route.path, pathname);
    if (!params) continue;
    if (route.method === method) return { status: 'found', route, params };
    known = true;
  }
  return { status: known ? 'wrong-method' : 'unknown' };
}

function matchPath(template: string, pathname: string): Record<string, string> | undefined {
  const wanted = template.split('/');
  const given = pathname.split('/');
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const name = /^\{([a-z]+)(=\*\*)?\}$/i.exec(part);
    const value = given[index];
    if (value === undefined) return undefined;
    if (!name?.[1]) {
      if (part !== value) return undefined;
      continue;
    }
    const rest = name[2] ? given.slice(index).join('/') : value;
    if (rest === '') return undefined;
    params[name[1]] = decodeURIComponent(rest);
    if (name[2]) return params;
  }
  return wanted.length === given.length ? params : undefined;
}

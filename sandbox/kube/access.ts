/** Bearer tokens of the stand-in cluster, one a service account and one for its administrator, and kubeconfigs. */
import { randomBytes } from 'node:crypto';
import { stringify } from 'yaml';
import { KubeApiError } from './errors.ts';
import { mastersGroup, type User } from './rbac.ts';

export interface ServiceAccountRef {
  namespace: string;
  name: string;
}

export interface Access {
  /** The token of a service account (the same one every time), or the administrator's. */
  token(serviceAccount?: ServiceAccountRef): string;
  /** The user of an Authorization header: anonymous without one. Throws 401 for a token that was never given out. */
  authenticate(authorization: string | undefined): User;
}

export function createAccess(): Access {
  const admin: User = { name: 'kubernetes-admin', groups: [mastersGroup, 'system:authenticated'] };
  const tokens = new Map<string, string>();
  const users = new Map<string, User>();

  function token(serviceAccount?: ServiceAccountRef): string {
    const user = serviceAccount === undefined ? admin : userOf(serviceAccount);
    const known = tokens.get(user.name);
    if (known !== undefined) return known;
    const made = randomBytes(24).toString('base64url');
    tokens.set(user.name, made);
    users.set(made, user);
    return made;
  }

  function authenticate(authorization: string | undefined): User {
    if (authorization === undefined) return { name: 'system:anonymous', groups: ['system:unauthenticated'] };
    const [scheme, credential = ''] = authorization.split(' ');
    const user = scheme?.toLowerCase() === 'bearer' ? users.get(credential) : undefined;
    if (user === undefined) throw new KubeApiError('Unauthorized', { code: 401, reason: 'Unauthorized' });
    return user;
  }

  return { token, authenticate };
}

/** A kubeconfig with one context, as YAML. `namespace` is the context's default namespace. */
export function kubeconfigYaml(server: string, token: string, serviceAccount?: ServiceAccountRef): string {
  const user = serviceAccount === undefined ? 'admin' : `${serviceAccount.namespace}-${serviceAccount.name}`;
  const name = 'stageline-sandbox';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    // The official client takes a server without TLS only with this.
    clusters: [{ name, cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name, context: { cluster: name, user, namespace: serviceAccount?.namespace ?? 'default' } }],
    'current-context': name,
  });
}

function userOf({ namespace, name }: ServiceAccountRef): User {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}

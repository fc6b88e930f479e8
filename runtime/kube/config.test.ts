import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadKubeEndpoint } from './config.ts';
import { resourceOf } from './resource-name.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'stageline-config-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function kubeconfig(server: string, more = ''): NodeJS.ProcessEnv {
  const file = path.join(folder, 'config');
  writeFileSync(
    file,
    `apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{ name: k, cluster: { server: '${server}' } }]\n` +
      `users: [{ name: u, user: { token: t0ken } }]\ncontexts: [{ name: c, context: { cluster: k, user: u } }]\n${more}`,
  );
  return { KUBECONFIG: file };
}

describe('loadKubeEndpoint', () => {
  it('takes server and token from KUBECONFIG', async () => {
    const endpoint = loadKubeEndpoint(kubeconfig('https://api.test:6443/'));
    expect(endpoint.server).toBe('https://api.test:6443');
    expect((await endpoint.requestOptions()).headers).toMatchObject({ Authorization: 'Bearer t0ken' });
  });

  it('takes plain HTTP on loopback only', async () => {
    await expect(loadKubeEndpoint(kubeconfig('http://127.0.0.1:1')).requestOptions()).resolves.toBeDefined();
    await expect(loadKubeEndpoint(kubeconfig('http://api.test:1')).requestOptions()).rejects.toThrow(
      /HTTP protocol/,
    );
  });

  it.each([
    ['without KUBECONFIG and ServiceAccount', () => ({}), /no ServiceAccount token/],
    ['of a file that is not there', () => ({ KUBECONFIG: '/nonexistent/x' }), /cannot read KUBECONFIG/],
    ['without a cluster', () => kubeconfig('x', 'current-context: other\n'), /KUBECONFIG|names no cluster/],
  ])('says what is missing %s', (_name, env, reason) => {
    expect(() => loadKubeEndpoint(env())).toThrow(reason);
  });
});

describe('resourceOf', () => {
  it.each([
    ['v1', 'ConfigMap', { group: '', version: 'v1', resource: 'configmaps' }],
    ['apps/v1', 'Deployment', { group: 'apps', version: 'v1', resource: 'deployments' }],
    [
      'networking.k8s.io/v1',
      'NetworkPolicy',
      { group: 'networking.k8s.io', version: 'v1', resource: 'networkpolicies' },
    ],
    ['networking.k8s.io/v1', 'Ingress', { group: 'networking.k8s.io', version: 'v1', resource: 'ingresses' }],
  ])('of %s %s is what the API calls it', (apiVersion, kind, expected) => {
    expect(resourceOf({ apiVersion, kind })).toEqual(expected);
  });
});

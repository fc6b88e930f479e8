import { describe, expect, test } from 'vitest';
import type { HostApplication } from '../host.ts';
import { isSyncing, locateStage, repositoryOf } from './locate.ts';

const application: HostApplication = {
  metadata: { name: 'shop-dev', namespace: 'argocd' },
  spec: { project: 'default', destination: { namespace: 'shop' } },
  status: {
    controllerNamespace: 'argocd',
    resources: [{ kind: 'ConfigMap', namespace: 'shop', name: 'stageline-shop-dev' }],
  },
};

describe('the place of a stage', () => {
  test('is known from the application alone, before the tree has come', () => {
    expect(locateStage(application)).toMatchObject({
      namespace: 'shop',
      anchor: 'stageline-shop-dev',
      ledger: 'stageline-ledger-shop-dev',
      hasAnchor: true,
    });
  });

  test('has names of its own for an application outside the control-plane namespace', () => {
    const place = locateStage({ ...application, metadata: { name: 'shop-dev', namespace: 'team' } });
    expect(place?.ledger).toMatch(/^stageline-ledger-team\.shop-dev-[0-9a-f]{4}$/);
    expect(place?.hasAnchor).toBe(false);
  });

  test('goes by the objects that are there where the controller does not say its namespace', () => {
    const plain = { ...application, status: { resources: application.status?.resources ?? [] } };
    expect(locateStage(plain)?.anchor).toBe('stageline-shop-dev');
  });

  test('takes the namespace in which the tree has the ledger', () => {
    const tree = {
      nodes: [
        { kind: 'ConfigMap', namespace: 'hooks', name: 'stageline-ledger-shop-dev', resourceVersion: '5' },
      ],
    };
    expect(locateStage(application, tree)?.namespace).toBe('hooks');
  });

  test('changes its revision with the ledger, the anchor and the operation', () => {
    const at = (version: string, phase: string): string | undefined =>
      locateStage(
        { ...application, status: { ...application.status, operationState: { phase } } },
        {
          nodes: [
            {
              kind: 'ConfigMap',
              namespace: 'shop',
              name: 'stageline-ledger-shop-dev',
              resourceVersion: version,
            },
          ],
        },
      )?.revision;
    expect(new Set([at('5', 'Running'), at('6', 'Running'), at('6', 'Succeeded')]).size).toBe(3);
    expect(at('5', 'Running')).toBe(at('5', 'Running'));
  });

  test('is nowhere without a name', () => {
    expect(locateStage({})).toBeUndefined();
    expect(locateStage(undefined)).toBeUndefined();
  });
});

describe('an application', () => {
  test('syncs with hooks only where the whole of it is synced', () => {
    const running = (sync: { resources?: unknown[] }): HostApplication => ({
      status: { operationState: { phase: 'Running', operation: { sync } } },
    });
    expect(isSyncing(running({}))).toBe(true);
    expect(isSyncing(running({ resources: [{}] }))).toBe(false);
    expect(isSyncing(application)).toBe(false);
  });

  test('of several sources takes the repository that the plugin renders', () => {
    const sources = [
      { repoURL: 'https://a', path: 'x' },
      { repoURL: 'https://b', plugin: {} },
    ];
    expect(repositoryOf({ spec: { sources } })).toBe('https://b');
  });
});

/** For tests only: what the host passes to the tab, defaults merged in as it does. */
import type { Scenario } from './scenarios.ts';

/** The application and its tree as the host passes them. */
export function hostProps(
  name: string,
  scenario: Scenario | undefined,
): { application: object; tree: object } {
  const namespace = `shop-${name.split('-')[0]}`;
  const anchor = { version: 'v1', kind: 'ConfigMap', namespace, name: `stageline-${name}` };
  return {
    application: {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name, namespace: 'argocd', uid: 'u1', resourceVersion: '1' },
      spec: {
        project: 'default',
        source: {
          repoURL: 'https://github.com/example/shop.git',
          path: 'charts/dev',
          plugin: { name: 'stageline' },
        },
        destination: { server: 'https://kubernetes.default.svc', namespace },
      },
      status: {
        controllerNamespace: 'argocd',
        resources: scenario?.anchor ? [{ ...anchor, status: 'Synced' }] : [],
        summary: {},
        sync: { status: 'Synced' },
        health: { status: 'Healthy' },
        operationState: scenario?.syncing
          ? { phase: 'Running', startedAt: '2025-11-21T10:00:00Z' }
          : { phase: 'Succeeded' },
      },
    },
    tree: {
      nodes: scenario?.anchor
        ? [
            { ...anchor, uid: 'a1', resourceVersion: '11' },
            {
              ...anchor,
              name: `stageline-ledger-${name}`,
              uid: 'l1',
              resourceVersion: '12',
              parentRefs: [{ kind: 'ConfigMap', name: anchor.name, namespace, uid: 'a1' }],
            },
          ]
        : [],
    },
  };
}

/** The environment of a render, variable by variable. */
import { describe, expect, it } from 'vitest';
import { requestEnvironment } from './plugin-environment.ts';
import type { RenderContext } from './plugin-environment.ts';

const REVISION = '0123456789abcdef0123456789abcdef01234567';
const context: RenderContext = {
  appName: 'team_shop',
  destinationNamespace: 'web',
  project: 'default',
  revision: REVISION,
  source: {
    repoURL: 'http://127.0.0.1:1/shop.git',
    path: 'apps/shop',
    targetRevision: 'main',
    plugin: {
      name: 'stageline',
      env: [
        { name: 'STAGE', value: 'prod' },
        { name: 'WHO', value: '$ARGOCD_APP_NAME at ${ARGOCD_APP_NAMESPACE} for $$5 $MISSING.' },
        { name: 'CHAIN', value: '$ARGOCD_ENV_STAGE' },
      ],
      parameters: [
        { name: 'tier', string: 'gold' },
        { name: 'flag-set', map: { canary: 'true', 'a.b': '1' } },
        { name: 'hosts', array: ['a.example.com', 'b.example.com'] },
      ],
    },
  },
  kubeVersion: '1.34',
  apiVersions: ['v1', 'apps/v1'],
};

describe('the request environment', () => {
  it('names application, source, revision and cluster', () => {
    expect(requestEnvironment(context)).toMatchObject({
      ARGOCD_APP_NAME: 'team_shop',
      ARGOCD_APP_NAMESPACE: 'web',
      ARGOCD_APP_PROJECT_NAME: 'default',
      ARGOCD_APP_REVISION: REVISION,
      ARGOCD_APP_REVISION_SHORT: '0123456',
      ARGOCD_APP_REVISION_SHORT_8: '01234567',
      ARGOCD_APP_SOURCE_REPO_URL: 'http://127.0.0.1:1/shop.git',
      ARGOCD_APP_SOURCE_PATH: 'apps/shop',
      ARGOCD_APP_SOURCE_TARGET_REVISION: 'main',
      KUBE_VERSION: '1.34',
      KUBE_API_VERSIONS: 'v1,apps/v1',
    });
  });

  it('expands variables in the user’s own, which all carry a prefix', () => {
    expect(requestEnvironment(context)).toMatchObject({
      ARGOCD_ENV_STAGE: 'prod',
      ARGOCD_ENV_WHO: 'team_shop at web for $5 .',
      ARGOCD_ENV_CHAIN: 'prod',
    });
  });

  it('gives parameters as JSON and one by one', () => {
    const environment = requestEnvironment(context);
    expect(JSON.parse(environment['ARGOCD_APP_PARAMETERS'] ?? '')).toEqual(context.source.plugin?.parameters);
    expect(environment).toMatchObject({
      PARAM_TIER: 'gold',
      PARAM_FLAG_SET_CANARY: 'true',
      PARAM_FLAG_SET_A_B: '1',
      PARAM_HOSTS_0: 'a.example.com',
      PARAM_HOSTS_1: 'b.example.com',
    });
    expect(requestEnvironment({ ...context, source: { repoURL: '/x' } })['ARGOCD_APP_PARAMETERS']).toBe('[]');
  });
});

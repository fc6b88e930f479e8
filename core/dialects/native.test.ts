import { describe, expect, test } from 'vitest';
import { parsePipeline } from '../pipeline/parse.ts';
import type { Plan } from '../plan.ts';
import { freightOf, promotionFileOf } from '../testing.ts';
import { compileNative, stageDefinition, type RenderContext } from './native.ts';

const PIPELINE = `apiVersion: stageline.dev/v1
pipeline: shop
moves: [{ helmValues: { keys: [frontend.tag] } }]
stages:
  - name: dev
    application: shop-dev
    path: charts/dev
    metadata: { team: shop }
    preDeployment:
      - name: ready
        http: { url: http://platform-status.platform.svc/ }
    postDeployment:
      - - name: load
          workload: frontend
          load: { url: http://frontend.shop-dev.svc/, rate: 50 }
          timeout: 30s
          retries: 2
          backoff: 500ms
        - name: smoke
          task: { image: smoke:v1, args: [--fast] }
      - name: p95
        metric: { load: load, figure: p95, target: <250ms }
  - name: prod
    application: team/shop-prod
    path: charts/prod
    after: dev
    promotion: { push: { merge: false }, branch: release, secret: git-prod }
  - name: lab
    application: shop-lab
    path: charts/lab
    after: [dev]
    promotion: { push: {} }
`;

function context(application: string, version = 'v2'): RenderContext {
  return {
    application,
    namespace: application,
    head: 'f'.repeat(40),
    source: { repoURL: 'https://git.example.com/shop.git', path: 'charts/dev', targetRevision: 'main' },
    commit: { id: 'c'.repeat(40), mode: 'git' },
    freight: freightOf(version),
  };
}

function compile(stageName: string, render: RenderContext, text = PIPELINE): Plan {
  const parsed = parsePipeline(text, 'stageline.yaml');
  const stage = parsed.pipeline.stages.find(({ name }) => name === stageName);
  if (!stage) throw new Error(`there is no stage ${stageName}`);
  return compileNative(parsed, stage, render);
}

describe('the plan of a stage', () => {
  test('says everything that its delivery will do', () => {
    const plan = compile('dev', context('shop-dev'));
    expect(plan).toEqual({
      version: 1,
      pipeline: 'shop',
      stage: 'dev',
      application: 'shop-dev',
      namespace: 'shop-dev',
      anchor: {
        name: 'stageline-shop-dev',
        labels: {
          'stageline.dev/part': 'anchor',
          'stageline.dev/pipeline': 'shop',
          'stageline.dev/stage': 'dev',
        },
        data: {
          pipeline: 'shop',
          stage: 'dev',
          commit: 'c'.repeat(40),
          'commit-mode': 'git',
          freight: freightOf('v2').id,
          versions: 'frontend.tag=v2',
          definition: plan.definition,
        },
      },
      ledger: { name: 'stageline-ledger-shop-dev' },
      commit: { id: 'c'.repeat(40), mode: 'git' },
      head: 'f'.repeat(40),
      source: { repoURL: 'https://git.example.com/shop.git', path: 'charts/dev', targetRevision: 'main' },
      freight: freightOf('v2'),
      definition: expect.stringMatching(/^[0-9a-f]{12}$/),
      ancestry: [],
      links: [],
      metadata: { team: 'shop' },
      phases: [
        {
          name: 'pre-deployment',
          steps: [
            [
              {
                name: 'ready',
                timeoutMs: 300_000,
                retries: 0,
                backoffMs: 1000,
                spec: { kind: 'http', url: 'http://platform-status.platform.svc/' },
              },
            ],
          ],
        },
        {
          name: 'post-deployment',
          steps: [
            [
              {
                name: 'load',
                workload: 'frontend',
                timeoutMs: 30_000,
                retries: 2,
                backoffMs: 500,
                spec: { kind: 'load', url: 'http://frontend.shop-dev.svc/', rate: 50 },
              },
              {
                name: 'smoke',
                timeoutMs: 300_000,
                retries: 0,
                backoffMs: 1000,
                spec: { kind: 'task', image: 'smoke:v1', args: ['--fast'] },
              },
            ],
            [
              {
                name: 'p95',
                timeoutMs: 300_000,
                retries: 0,
                backoffMs: 1000,
                spec: { kind: 'metric', load: 'load', figure: 'p95', target: '<250ms' },
              },
            ],
          ],
        },
      ],
      promotions: [
        {
          target: 'prod',
          targetApplication: 'team_shop-prod',
          targetPath: 'charts/prod',
          repoURL: 'https://git.example.com/shop.git',
          base: 'release',
          way: { kind: 'push', merge: false },
          secret: 'git-prod',
        },
        {
          target: 'lab',
          targetApplication: 'shop-lab',
          targetPath: 'charts/lab',
          repoURL: 'https://git.example.com/shop.git',
          base: 'main',
          way: { kind: 'push', merge: true },
          secret: 'stageline-git',
        },
      ],
    } satisfies Record<Exclude<keyof Plan, 'keptn' | 'project' | 'secretEnv' | 'rollback'>, unknown>);
  });

  test('is plain JSON and the same for the same inputs', () => {
    const plan = compile('dev', context('shop-dev'));
    expect(JSON.parse(JSON.stringify(plan))).toStrictEqual(plan);
    expect(JSON.stringify(compile('dev', context('shop-dev')))).toBe(JSON.stringify(plan));
  });

  test('carries what the promotion of this freight left: chain and link', () => {
    const promotion = promotionFileOf('v2');
    const plan = compile('prod', { ...context('team_shop-prod'), promotion });
    expect(plan.ancestry).toEqual(promotion.ancestry);
    expect(plan.links).toEqual([{ traceparent: promotion.traceparent, stage: 'dev' }]);
    expect(plan.phases).toEqual([]);
  });

  test('claims no chain for a version that was put there by hand after the promotion', () => {
    const plan = compile('prod', { ...context('team_shop-prod', 'v9'), promotion: promotionFileOf('v2') });
    expect(plan).toMatchObject({ ancestry: [], links: [] });
  });
});

describe('the definition of a stage', () => {
  const definition = (text: string): string => stageDefinition(parsePipeline(text, 'f.yaml'), 'dev');

  test.each([
    ['comments and blank lines', PIPELINE.replaceAll('\n', ' # why\n\n')],
    ['the order of fields', PIPELINE.replace(/( +workload: .*\n)( +load: .*\n)/, '$2$1')],
    ['another stage', PIPELINE.replace('charts/prod', 'charts/live')],
    ['the way of promotion', PIPELINE.replace('merge: false', 'merge: true')],
    ['the hooks', `${PIPELINE}hooks: { image: other }\n`],
    ['the hooks of the stage', PIPELINE.replace('    metadata', '    hooks: { image: other }\n    metadata')],
    ['the inputs', PIPELINE.replace('    metadata', '    inputs: [shared]\n    metadata')],
  ])('does not change with %s', (_what, text) => {
    expect(text).not.toBe(PIPELINE);
    expect(definition(text)).toBe(definition(PIPELINE));
  });

  test.each([
    ['a check', PIPELINE.replace('rate: 50', 'rate: 60')],
    ['a target', PIPELINE.replace('<250ms', '<300ms')],
    [
      'a new check',
      PIPELINE.replace(
        '    postDeployment:\n',
        `    postDeployment:\n      - { name: x, http: { url: 'http://x/' } }\n`,
      ),
    ],
    ['a check that is gone', PIPELINE.replace(/ {6}- name: p95\n.*\n/, '')],
    ['the metadata', PIPELINE.replace('team: shop', 'team: other')],
    ['the name of the pipeline', PIPELINE.replace('pipeline: shop', 'pipeline: store')],
    [
      'a revision, which asks to verify again',
      PIPELINE.replace('    metadata', '    revision: 2\n    metadata'),
    ],
  ])('changes with %s', (_what, text) => {
    expect(text).not.toBe(PIPELINE);
    expect(definition(text)).not.toBe(definition(PIPELINE));
  });
});

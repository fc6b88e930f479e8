import { describe, expect, it } from 'vitest';
import { parsePipeline } from '../pipeline/parse.ts';
import { DEFAULT_GIT_SECRET, plannedPromotion, plannedRollback } from './planned.ts';

const source = { repoURL: 'https://git.example.com/acme/shop.git', targetRevision: 'main' };

/** The pipeline's last stage's promotion, from its first. */
function planned(prod: string, head = 'moves: [{ helmValues: { keys: [tag] } }]') {
  const text = [
    'apiVersion: stageline.dev/v1',
    'pipeline: shop',
    head,
    'stages:',
    '  - { name: dev, application: shop-dev, path: charts/dev }',
    '  - { name: qa, application: shop-qa, path: charts/qa }',
    `  - { name: prod, application: shop-prod, path: charts/prod, ${prod} }`,
    '',
  ].join('\n');
  const { pipeline } = parsePipeline(text, 'stageline.yaml');
  const [from, , target] = pipeline.stages;
  if (!from || !target) throw new Error('no stages');
  return { pipeline, from, target, promotion: plannedPromotion(pipeline, { from, target, source }) };
}

describe('a planned promotion', () => {
  it('goes to where the delivery came from, by the default Secret', () => {
    expect(planned('after: dev, promotion: { push: {} }').promotion).toEqual({
      target: 'prod',
      targetApplication: 'shop-prod',
      targetPath: 'charts/prod',
      repoURL: source.repoURL,
      base: 'main',
      secret: DEFAULT_GIT_SECRET,
      way: { kind: 'push', merge: true },
    });
  });

  it('goes to the repository, branch and host that the stage names', () => {
    const settings =
      'push: { merge: false }, repository: https://git.example.com/x/y.git, branch: release, provider: gitea, api: https://git.example.com/api/v1, secret: other';
    expect(planned(`after: dev, promotion: { ${settings} }`).promotion).toMatchObject({
      repoURL: 'https://git.example.com/x/y.git',
      base: 'release',
      provider: 'gitea',
      api: 'https://git.example.com/api/v1',
      secret: 'other',
      way: { kind: 'push', merge: false },
    });
  });

  it('tells users from teams, and merges by squash where no method is named', () => {
    const pull = 'pullRequest: { labels: [a], reviewers: [alice, acme/ops], autoMerge: true }';
    expect(planned(`after: dev, promotion: { ${pull} }`).promotion.way).toEqual({
      kind: 'pull-request',
      labels: ['a'],
      reviewers: { users: ['alice'], teams: ['ops'] },
      draft: false,
      autoMerge: 'squash',
    });
    expect(
      planned('after: dev, promotion: { pullRequest: { autoMerge: false } }').promotion.way,
    ).not.toHaveProperty('autoMerge');
  });

  it('has the workflow’s own inputs and no more', () => {
    const settings = "workflow: { file: promote.yaml, ref: v1, inputs: { version: '{versions}' } }";
    expect(planned(`after: dev, promotion: { ${settings} }`).promotion.way).toEqual({
      kind: 'workflow',
      file: 'promote.yaml',
      ref: 'v1',
      inputs: { version: '{versions}' },
    });
  });

  it('may add exactly what the pipeline file says may be created', () => {
    const head =
      'moves: [{ helmValues: { keys: [a.b, c], create: true } }, { kustomizeImages: { names: [acme/web] } }, { kustomizeImages: { names: [acme/api], create: true } }]';
    expect(planned('after: dev, promotion: { push: {} }', head).promotion.create).toEqual([
      { file: 'values.yaml', key: 'a.b' },
      { file: 'values.yaml', key: 'c' },
      { file: 'kustomization.yaml', key: 'acme/api' },
    ]);
  });

  it('needs the others’ word only where more than one has to have verified it', () => {
    expect(planned('after: { all: [dev, qa] }, promotion: { push: {} }').promotion.agreement).toEqual({
      of: [
        { stage: 'dev', applications: ['shop-dev'] },
        { stage: 'qa', applications: ['shop-qa'] },
      ],
    });
    expect(planned('after: { any: [dev, qa] }, promotion: { push: {} }').promotion.agreement).toBeUndefined();
  });
});

describe('a planned rollback', () => {
  it('restores the stage’s own place by push, after a quarter of an hour', () => {
    const { pipeline, target } = planned('after: dev, promotion: { push: {} }');
    const context = { application: 'shop-prod', source: { ...source, path: 'charts/prod' } };
    expect(plannedRollback(pipeline, { stage: target, settings: {}, context })).toMatchObject({
      target: 'prod',
      targetApplication: 'shop-prod',
      targetPath: 'charts/prod',
      way: { kind: 'push', merge: true },
      afterMs: 900_000,
    });
  });
});

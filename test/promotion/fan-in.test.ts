/** Stages that have to agree: what each has verified is published in Git, and the last one promotes. Real Git over HTTP. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePromotionFile } from '../../core/ancestry.ts';
import { compileNative } from '../../core/dialects/native.ts';
import { readLedger } from '../../core/ledger/read.ts';
import { LEDGER_KEY, type PromotionRecord } from '../../core/ledger/types.ts';
import { ledgerName } from '../../core/names.ts';
import { parsePipeline } from '../../core/pipeline/parse.ts';
import type { Plan } from '../../core/plan.ts';
import { NAMESPACE, OPERATION, planFor, startHookWorld, type HookWorld } from '../hooks/support/world.ts';
import { due } from './support/pending.ts';

let world: HookWorld;
beforeEach(async () => {
  world = await startHookWorld();
});
afterEach(() => world.close());

const FILE = 'charts/prod/.stageline/prod.json';

function pipelineOf(after: string, qa = 'application: qa'): ReturnType<typeof parsePipeline> {
  return parsePipeline(
    `apiVersion: stageline.dev/v1
pipeline: shop
moves:
  - helmValues: { keys: [frontend.tag] }
stages:
  - { name: qa, ${qa}, path: charts/qa }
  - { name: perf, application: perf, path: charts/perf }
  - { name: prod, application: shop-prod, path: charts/prod, after: ${after}, promotion: { push: {} } }
`,
    'stageline.yaml',
  );
}

/** As the plugin compiles it for one application. */
function planOf(parsed: ReturnType<typeof parsePipeline>, stage: string, application = stage): Plan {
  const found = parsed.pipeline.stages.find(({ name }) => name === stage);
  if (!found) throw new Error(`no stage ${stage}`);
  const { commit, head, freight, source } = planFor(world, {});
  return compileNative(parsed, found, {
    application,
    namespace: NAMESPACE,
    head,
    source: { ...source, path: found.path },
    commit,
    freight,
  });
}

async function verify(plan: Plan, operation = OPERATION): Promise<string> {
  const end = await world.run('promote', plan, { operation });
  expect(end.exitCode).toBe(0);
  return end.line.replace(/^stageline: /, '');
}

function promotionOf(application: string): PromotionRecord | undefined {
  const object = world.store.get({
    group: '',
    kind: 'ConfigMap',
    namespace: NAMESPACE,
    name: ledgerName(application),
  });
  const data = object?.['data'] as Record<string, string> | undefined;
  const reading = readLedger(data?.[LEDGER_KEY] ?? '');
  return reading.kind === 'ledger' ? reading.ledger.deliveries[0]?.promotions[0] : undefined;
}

const git = (...args: string[]): string =>
  execFileSync('git', ['--git-dir', path.join(world.folder, 'shop.git'), ...args], { encoding: 'utf8' });
const published = (): string[] =>
  git('for-each-ref', '--format=%(refname)', 'refs/stageline').split('\n').filter(Boolean);
const promoted = (): string[] => world.gitLog('%s').filter((subject) => subject.startsWith('Promote'));

describe('a stage that follows all of several', () => {
  it('gets a version when the last one has verified it, once, and its chain has them all', async () => {
    const parsed = pipelineOf('{ all: [qa, perf] }');
    expect(await verify(planOf(parsed, 'qa'))).toBe('waits for perf to verify it too');
    expect(promotionOf('qa')).toMatchObject({ status: 'waiting' });
    expect(promoted()).toEqual([]);
    const { freight } = planOf(parsed, 'qa');
    expect(published()).toEqual([`refs/stageline/shop/qa/qa/${freight.id}`]);

    expect(await verify(planOf(parsed, 'perf'))).toBe('frontend.tag v2 is in prod');
    expect(promoted()).toHaveLength(1);
    const { ancestry } = parsePromotionFile(world.show(FILE), FILE);
    expect(ancestry.map(({ stage, verdict }) => `${stage} ${verdict}`)).toEqual([
      'qa succeeded',
      'perf succeeded',
    ]);
    expect(new Set(ancestry.map(({ traceparent }) => traceparent)).size).toBe(2);

    // The first one's record is closed by what looks after promotions that wait.
    expect((await due(world)).done).toEqual([expect.stringMatching(/ledger-qa: prod unchanged/)]);
    expect((await due(world)).done).toEqual([]);
  });

  it('gets one commit also if both verify at the same time', async () => {
    const parsed = pipelineOf('{ all: [qa, perf] }');
    const lines = await Promise.all([
      verify(planOf(parsed, 'qa')),
      verify(planOf(parsed, 'perf'), OPERATION + 1),
    ]);
    expect(lines.some((line) => line.includes('prod'))).toBe(true);
    expect(promoted()).toHaveLength(1);
    expect(published()).toHaveLength(2);
  });

  it('does not count another version, nor what is no verdict', async () => {
    const parsed = pipelineOf('{ all: [qa, perf] }');
    const { freight } = planOf(parsed, 'qa');
    const note = (text: string): string =>
      execFileSync(
        'git',
        [
          '--git-dir',
          path.join(world.folder, 'shop.git'),
          '-c',
          'user.name=x',
          '-c',
          'user.email=x@x',
          'commit-tree',
          git('hash-object', '-t', 'tree', '-w', '/dev/null').trim(),
          '-m',
          text,
        ],
        { encoding: 'utf8' },
      ).trim();
    git('update-ref', `refs/stageline/shop/perf/perf/${freight.id}`, note('not JSON'));
    git('update-ref', 'refs/stageline/shop/perf/perf/ffffffffffff', note('{}'));
    expect(await verify(planOf(parsed, 'qa'))).toBe('waits for perf to verify it too');
    git('update-ref', `refs/stageline/shop/perf/perf/${freight.id}`, note('{"verdict":"failed"}'));
    expect(await verify(planOf(parsed, 'qa'), OPERATION + 60)).toContain('already verified');
    expect(promoted()).toEqual([]);
  });
});

it('a stage that follows any of several gets a version from the first, and no commit from the next', async () => {
  const parsed = pipelineOf('{ any: [qa, perf] }');
  expect(await verify(planOf(parsed, 'qa'))).toBe('frontend.tag v2 is in prod');
  expect(published()).toEqual([]);
  expect(await verify(planOf(parsed, 'perf'))).toMatch(/prod has frontend\.tag v2 already, by another way/);
  expect(promoted()).toHaveLength(1);
});

it('a stage on several clusters is verified when every one of its Applications has verified the version', async () => {
  const parsed = pipelineOf('qa', 'application: qa-eu, applications: [qa-eu, team/qa-us]');
  expect(await verify(planOf(parsed, 'qa', 'qa-eu'))).toBe('waits for qa (team_qa-us) to verify it too');
  expect(await verify(planOf(parsed, 'qa', 'team_qa-us'))).toBe('frontend.tag v2 is in prod');
  const { ancestry } = parsePromotionFile(world.show(FILE), FILE);
  expect(ancestry.map(({ application }) => application)).toEqual(['qa-eu', 'team_qa-us']);
  expect(promoted()).toHaveLength(1);
});

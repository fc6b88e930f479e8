/**
 * Kills the promoter with SIGKILL at externally visible moments: before and after every call of the Kubernetes API
 * (which is where the ledger is), exchange with the Git host and request to its API. Argo CD's retry runs each time.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePromotionFile } from '../../core/ancestry.ts';
import type { PromotionWay } from '../../core/plan.ts';
import { bundleRunner, type BundledRunner } from '../hooks/support/bundled-runner.ts';
import { promoteAndKill, type Scenario } from './support/crash.ts';
import { byPullRequest } from './support/world.ts';

const ALL = process.env['STAGELINE_TEST_CRASH'] === 'all';
/** Of each way, beside the acts; all of them take minutes: STAGELINE_TEST_CRASH=all kills at each one. */
const MOMENTS_TRIED = 2;
const PARALLEL = 2;
/** Where the act itself has been made, and nobody was told: these are always tried. */
const ACTS = /git-receive-pack after|POST \S+\/(pulls|dispatches) after|PUT \S+\/merge after/;

interface Case {
  name: string;
  way: PromotionWay;
  /** An older version was promoted before. */
  older?: boolean;
  problemsOf: (scenario: Scenario) => string[];
}

const dressed = { labels: ['promotion'], reviewers: { users: ['alice'], teams: [] } };

const CASES: Case[] = [
  { name: 'push', way: { kind: 'push', merge: true }, problemsOf: pushProblems },
  { name: 'pull request', way: byPullRequest(dressed), older: true, problemsOf: requestProblems },
  {
    name: 'workflow',
    way: { kind: 'workflow', file: 'promote.yaml', inputs: {} },
    problemsOf: workflowProblems,
  },
];
const MORE_CASES: Case[] = [
  { name: 'push to a branch', way: { kind: 'push', merge: false }, problemsOf: branchProblems },
  { name: 'pull request that merges', way: byPullRequest({ autoMerge: 'merge' }), problemsOf: mergeProblems },
];

let runner: BundledRunner;

beforeAll(async () => {
  runner = await bundleRunner();
});

afterAll(() => runner.close());

describe('a promoter that is killed', () => {
  it.each(ALL ? [...CASES, ...MORE_CASES] : CASES)(
    'has promoted once by $name when the retry has ended',
    { timeout: 900_000 },
    async ({ way, older = false, problemsOf }) => {
      const undisturbed = await promoteAndKill(runner, { way, older });
      const found = [...endProblems(undisturbed, 0), ...problemsOf(undisturbed)];
      const { moments } = undisturbed;
      await undisturbed.close();
      expect(found).toEqual([]);
      expect(moments.length).toBeGreaterThanOrEqual(20);
      const kills = momentsToTry(moments);
      const worker = async (): Promise<void> => {
        for (let killAt = kills.shift(); killAt !== undefined; killAt = kills.shift()) {
          const scenario = await promoteAndKill(runner, { way, older, killAt });
          const where = `${killAt}: ${scenario.moments[killAt] ?? moments[killAt] ?? ''}`;
          const wrong = [...endProblems(scenario, 1), ...problemsOf(scenario)];
          found.push(...wrong.map((problem) => `killed at ${where}: ${problem}`));
          await scenario.close();
        }
      };
      await Promise.all(Array.from({ length: PARALLEL }, worker));
      expect(found).toEqual([]);
    },
  );
});

function momentsToTry(moments: readonly string[]): number[] {
  const all = moments.map((_moment, index) => index);
  if (ALL) return all;
  const spread = Array.from({ length: MOMENTS_TRIED }, (_, index) =>
    Math.floor(((index + 0.5) * all.length) / MOMENTS_TRIED),
  );
  const acts = all.filter((index) => ACTS.test(moments[index] ?? ''));
  return [...new Set([...spread, ...acts])];
}

/** What is not as it should be, however it was promoted. */
function endProblems({ world, ends, plan }: Scenario, kills: number): string[] {
  const { deliveries } = world.ledger();
  const [delivery] = deliveries;
  const killed = ends.filter(([, code]) => code === null).length;
  const last = ends.at(-1);
  return [
    ...(killed === kills ? [] : [`${killed} processes were killed`]),
    ...(last?.[0] === 'promote' && last[1] === 0 ? [] : [`the sync ended with ${JSON.stringify(ends)}`]),
    ...(deliveries.filter(({ freight }) => freight.id === plan.freight.id).length === 1
      ? []
      : ['not one delivery']),
    ...(delivery?.status === 'succeeded' ? [] : [`the delivery is ${delivery?.status}`]),
    ...(delivery?.promotions.length === 1 ? [] : ['the delivery has not one promotion']),
    ...world.github.violations,
  ];
}

function statusProblems({ world }: Scenario, status: string): string[] {
  const promotion = world.promotion();
  return promotion?.status === status ? [] : [`the promotion is ${promotion?.status}: ${promotion?.message}`];
}

/** The commit that carries v3, once; the ledger's trace parent is the one in Git. */
function commitProblems({ world, plan }: Scenario, ref: string): string[] {
  const log = world
    .gitLog('%H %(trailers:key=Stageline-freight,valueonly,separator=%x2C)', ref)
    .filter((line) => line.endsWith(` ${plan.freight.id}`));
  const values = world.show('charts/prod/values.yaml', ref);
  const file = parsePromotionFile(world.show('charts/prod/.stageline/prod.json', ref), 'prod.json');
  const promotion = world.promotion();
  const [commit = ''] = log[0]?.split(' ') ?? [];
  return [
    ...(log.length === 1 ? [] : [`${log.length} promotion commits`]),
    ...(/^ {2}tag: v3(?: # by promotion)?$/m.test(values) ? [] : [`prod has not v3: ${values}`]),
    ...(file.traceparent === promotion?.traceparent ? [] : ['the trace parent in Git is another one']),
    ...(promotion?.commit === commit ? [] : [`the ledger names commit ${promotion?.commit}, not ${commit}`]),
  ];
}

function pushProblems(scenario: Scenario): string[] {
  return [...statusProblems(scenario, 'done'), ...commitProblems(scenario, 'main')];
}

function branchProblems(scenario: Scenario): string[] {
  const { world, plan } = scenario;
  const branches = world.refs().filter((ref) => ref.includes('stageline/shop/prod/'));
  const own = `stageline/shop/prod/${plan.freight.id}`;
  const ahead = world.gitLog('%H', `main..${own}`).length;
  return [
    ...statusProblems(scenario, 'waiting'),
    ...commitProblems(scenario, own),
    // An older freight's stands beside it.
    ...(branches.length === world.deliveries().length ? [] : [`branches ${branches.join(', ')}`]),
    ...(ahead === 1 ? [] : [`the branch is ${ahead} commits ahead`]),
  ];
}

function requestProblems(scenario: Scenario): string[] {
  const { world } = scenario;
  const [older, request, ...more] = world.pulls();
  const { statuses } = world.github.repository('acme/shop');
  const own = statuses.filter(({ commit }) => commit === request?.headCommit);
  return [
    ...branchProblems(scenario),
    ...(more.length === 0 ? [] : [`${more.length + 2} pull requests`]),
    ...(older?.state === 'closed' ? [] : ['the older request is open']),
    ...(older?.comments.length === 1 ? [] : [`${older?.comments.length} comments on the older request`]),
    ...(request?.state === 'open' ? [] : [`the request is ${request?.state}`]),
    ...(request?.labels.join() === 'promotion' ? [] : [`labels ${request?.labels.join()}`]),
    ...(request?.reviewers.join() === 'alice' ? [] : [`reviewers ${request?.reviewers.join()}`]),
    ...(own.length === 1 ? [] : [`${own.length} statuses`]),
  ];
}

function mergeProblems(scenario: Scenario): string[] {
  const { world } = scenario;
  const states = world.pulls().map(({ state, merged }) => (merged ? 'merged' : state));
  return [
    ...statusProblems(scenario, 'done'),
    ...commitProblems(scenario, 'main'),
    ...(states.join() === 'merged' ? [] : [`the requests are ${states.join()}`]),
  ];
}

function workflowProblems(scenario: Scenario): string[] {
  const { world } = scenario;
  const runs = world.github
    .repository('acme/shop')
    .runs.filter(({ inputs }) => inputs['traceParent'] === world.promotion()?.traceparent);
  return [
    ...statusProblems(scenario, 'done'),
    ...(runs.length === 1 ? [] : [`${runs.length} dispatches`]),
    ...(world.promotion()?.url === undefined ? ['no address of the run'] : []),
  ];
}

/**
 * Kills the runner with SIGKILL at externally visible moments of a delivery: before and after every call of the
 * Kubernetes API, request of a check, exchange with the Git host and export. Argo CD's retry runs each time.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { deliverySpans } from '../../core/spans.ts';
import { parsePromotionFile } from '../../core/ancestry.ts';
import type { ReceivedSpan } from '../../sandbox/otlp/index.ts';
import { bundleRunner, type BundledRunner } from './support/bundled-runner.ts';
import { startCrashWorld, type CrashWorld, type Scenario } from './support/crash.ts';

/** All of them take minutes; STAGELINE_TEST_CRASH=all kills at each one, with every hook a process of its own. */
const MOMENTS_TRIED = 40;
const ALL = process.env['STAGELINE_TEST_CRASH'] === 'all';

let runner: BundledRunner;
let world: CrashWorld;

beforeAll(async () => {
  runner = await bundleRunner();
  world = await startCrashWorld(runner);
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', world.tracesURL);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await world?.close();
  runner?.close();
});

describe('a runner that is killed', () => {
  it(
    'leaves a delivery that ends right, promotes once, and has a whole trace',
    { timeout: ALL ? 900_000 : 300_000 },
    async () => {
      const undisturbed = await world.deliver(undefined);
      expect(problemsOf(undisturbed)).toEqual([]);
      const notApplied = await world.deliver(undefined, true);
      expect(problemsOf(notApplied)).toEqual([]);
      const failing = notApplied.moments.filter(({ role }) => role === 'fail');
      const moments = [...undisturbed.moments, ...failing];
      expect(undisturbed.moments.length).toBeGreaterThanOrEqual(40);
      expect(failing.length).toBeGreaterThanOrEqual(4);
      const tried = ALL ? moments.length : MOMENTS_TRIED;
      const found: string[] = [];
      for (let index = 0; index < tried; index += 1) {
        const moment = moments[Math.floor((index * moments.length) / tried)];
        if (!moment) throw new Error('no such moment');
        const scenario = await world.deliver({ ...moment, othersInProcess: !ALL }, moment.role === 'fail');
        const killed = scenario.ends.filter(([, code]) => code === null).length;
        const wrong = [...problemsOf(scenario), ...(killed === 1 ? [] : [`${killed} processes were killed`])];
        const where = `${moment.role} ${moment.index}: ${moment.label}`;
        found.push(...wrong.map((problem) => `killed at ${where}: ${problem}`));
      }
      expect(found).toEqual([]);
    },
  );
});

/** What is not as it should be when the delivery is over. */
function problemsOf(scenario: Scenario): string[] {
  return [
    ...ledgerProblems(scenario),
    ...gitProblems(scenario),
    ...taskProblems(scenario),
    ...traceProblems(scenario),
  ];
}

function ledgerProblems({ world, ends }: Scenario): string[] {
  const { deliveries } = world.ledger();
  const [delivery] = deliveries;
  const open = (delivery?.attempts ?? []).flatMap((attempt) => [
    ...(attempt.status === 'running' ? [`attempt ${attempt.run} is open`] : []),
    ...attempt.phases.flatMap((phase) => [
      ...(phase.status === 'running' ? [`phase ${phase.name} is open`] : []),
      ...phase.checks.filter(({ status }) => status === 'running').map(({ name }) => `check ${name} is open`),
    ]),
  ]);
  const last = ends.at(-1);
  return [
    ...(last?.[0] === 'promote' && last[1] === 0 ? [] : [`the sync ended with ${JSON.stringify(ends)}`]),
    ...(deliveries.length === 1 ? [] : [`${deliveries.length} deliveries`]),
    ...(delivery?.status === 'succeeded' ? [] : [`the delivery is ${delivery?.status}`]),
    ...open,
  ];
}

function gitProblems({ world, base, version }: Scenario): string[] {
  const promotions = world
    .gitLog('%(trailers:key=Stageline-freight,valueonly)', `${base}..main`)
    .filter((line) => line !== '');
  const [promotion] = world.ledger().deliveries[0]?.promotions ?? [];
  const file = parsePromotionFile(world.show('charts/prod/.stageline/prod.json'), 'prod.json');
  return [
    ...(promotions.length === 1 ? [] : [`${promotions.length} promotion commits`]),
    ...(world.show('charts/prod/values.yaml').includes(`tag: ${version} # by promotion`)
      ? []
      : [`prod has not ${version}`]),
    ...(promotion?.status === 'done' ? [] : [`the promotion is ${promotion?.status}`]),
    ...(promotion?.commit === world.head() ? [] : [`the ledger names commit ${promotion?.commit}`]),
    ...(file.traceparent === promotion?.traceparent ? [] : ['the trace parent in Git is another one']),
  ];
}

/** At least once, and again only where the first one’s result never came into the ledger. */
function taskProblems({ world, tasks }: Scenario): string[] {
  const runs = world.ledger().deliveries[0]?.attempts.length ?? 0;
  const left = world.store
    .list({ group: 'batch', kind: 'Job' })
    .filter((job) => job.metadata.name.startsWith('sl-task-'));
  return [
    ...(tasks.length >= 1 && tasks.length <= runs
      ? []
      : [`the task ran ${tasks.length} times in ${runs} runs`]),
    ...(new Set(tasks).size === tasks.length ? [] : ['a task Job was made twice']),
    ...(left.length <= 1 ? [] : [`${left.length} task Jobs are left`]),
  ];
}

function traceProblems({ world, spans }: Scenario): string[] {
  const ledger = world.ledger();
  const expected = ledger.deliveries.flatMap((delivery) => deliverySpans(ledger, delivery));
  const received = new Map<string, Set<string>>();
  for (const span of spans) {
    const known = received.get(span.spanId) ?? new Set();
    received.set(span.spanId, known.add(contentOf(span)));
  }
  return [
    ...expected
      .filter(({ spanId }) => !received.has(spanId))
      .map(({ name }) => `span "${name}" was not received`),
    ...[...received]
      .filter(([, contents]) => contents.size > 1)
      .map(([id]) => `span ${id} came with two contents`),
    ...expected
      .filter(({ parentSpanId }) => parentSpanId !== undefined && !received.has(parentSpanId))
      .map(({ name }) => `span "${name}" has no parent`),
    ...[...received.keys()]
      .filter((id) => !expected.some(({ spanId }) => spanId === id))
      .map((id) => `span ${id} is not of the delivery`),
  ];
}

function contentOf(span: ReceivedSpan): string {
  return JSON.stringify(span);
}

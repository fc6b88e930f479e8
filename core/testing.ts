/** For tests only: a plan to work with, and random but possible histories of a ledger. */
import * as fc from 'fast-check';
import type { PromotionFile } from './ancestry.ts';
import { makeFreight, type Freight } from './freight.ts';
import {
  closeAttempt,
  deliveryId,
  emptyLedger,
  finishPhase,
  intendPromotion,
  openDelivery,
  recordCheck,
  recordPromotion,
  startPhase,
} from './ledger/delivery.ts';
import type { CheckRecord, Ledger, PromotionRecord } from './ledger/types.ts';
import { PHASES, PLAN_VERSION, type PhaseName, type Plan } from './plan.ts';
import { formatTraceparent } from './trace-context.ts';

export const UPSTREAM = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true };

/** A time by its number: an hour has 3600 of them, a day is never left. */
export function timeOf(tick: number): string {
  return new Date(Date.UTC(2030, 0, 1, 0, 0, tick)).toISOString();
}

export function freightOf(version: string): Freight {
  return makeFreight([{ kind: 'helm-value', file: 'values.yaml', key: 'frontend.tag', value: version }]);
}

/** What a promotion of `version` from dev into prod writes. */
export function promotionFileOf(version: string): PromotionFile {
  const traceparent = formatTraceparent(UPSTREAM);
  return {
    apiVersion: 'stageline.dev/v1',
    pipeline: 'shop',
    stage: 'prod',
    freight: freightOf(version),
    traceparent,
    ancestry: [
      {
        stage: 'dev',
        application: 'shop-dev',
        commit: 'c'.repeat(40),
        freight: freightOf(version).id,
        traceparent,
        verdict: 'succeeded',
        openedAt: timeOf(0),
        promotedAt: timeOf(60),
      },
    ],
  };
}

/** The plan of one version into dev, promoted to prod. */
export function planOf(version: string, head = '1'.repeat(40)): Plan {
  return {
    version: PLAN_VERSION,
    pipeline: 'shop',
    stage: 'dev',
    application: 'shop-dev',
    namespace: 'shop-dev',
    anchor: { name: 'stageline-shop-dev', labels: {}, data: {} },
    ledger: { name: 'stageline-ledger-shop-dev' },
    commit: {
      id: `commit-${version}`,
      mode: 'git',
      author: 'Ada <ada@example.com>',
      subject: `Use ${version}`,
    },
    head,
    source: { repoURL: 'https://git.example.com/shop.git', path: 'charts/dev', targetRevision: 'main' },
    freight: freightOf(version),
    definition: '0123456789ab',
    ancestry: [],
    links: [{ traceparent: formatTraceparent(UPSTREAM), stage: 'lab' }, { traceparent: 'not one' }],
    metadata: { team: 'shop' },
    phases: [],
    promotions: [],
  };
}

export type Move =
  | { do: 'open'; version: string; newOperation: boolean; head: string }
  | { do: 'start'; phase: PhaseName }
  | { do: 'check'; phase: PhaseName; name: string; status: CheckRecord['status']; message?: string }
  | { do: 'finish'; phase: PhaseName; status: 'succeeded' | 'failed' | 'errored'; message?: string }
  | { do: 'close'; status: 'succeeded' | 'failed' | 'errored' | 'abandoned'; message?: string }
  | { do: 'intend'; target: string }
  | { do: 'promote'; target: string; status: PromotionRecord['status']; commit: string };

const phase = fc.constantFrom(...PHASES);
const message = fc.option(fc.constantFrom('p95 was 0.4', 'no answer', 'done'), { nil: undefined });
const target = fc.constantFrom('prod', 'eu');

/** One thing that may happen to a ledger; opening and starting are as frequent as they need to be. */
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('open' as const),
      version: fc.constantFrom('v1', 'v2', 'v3'),
      newOperation: fc.boolean(),
      head: fc.constantFrom('1'.repeat(40), '2'.repeat(40)),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('start' as const), phase }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('check' as const),
      phase,
      name: fc.constantFrom('probe', 'load'),
      status: fc.constantFrom('running', 'passed', 'warning', 'failed', 'errored', 'abandoned'),
      message,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('finish' as const),
      phase,
      status: fc.constantFrom('succeeded', 'failed', 'errored'),
      message,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('close' as const),
      status: fc.constantFrom('succeeded', 'failed', 'errored', 'abandoned'),
      message,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('intend' as const), target }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('promote' as const),
      target,
      status: fc.constantFrom('intended', 'waiting', 'done', 'unchanged', 'failed'),
      commit: fc.constantFrom('3'.repeat(40), '4'.repeat(40)),
    }),
  },
);

/** Histories that begin with an opened delivery. */
export const moves: fc.Arbitrary<Move[]> = fc
  .array(move, { minLength: 1, maxLength: 60 })
  .map((rest) => [{ do: 'open', version: 'v1', newOperation: true, head: '1'.repeat(40) }, ...rest]);

export interface Step {
  move: Move;
  now: string;
  operation: string;
  /** The delivery that the hooks work on. */
  id: string;
  before: Ledger;
  after: Ledger;
}

/** Every step of a history. Ledgers are frozen, so that a transition that changes its input fails. */
export function play(history: readonly Move[]): Step[] {
  const steps: Step[] = [];
  let ledger = deepFreeze(emptyLedger(planOf('v1')));
  let operation = 1_900_000_000;
  let id = '';
  history.forEach((next, tick) => {
    const now = timeOf(tick);
    if (next.do === 'open') {
      if (next.newOperation) operation += 1;
      id = deliveryId(planOf(next.version));
    }
    const before = ledger;
    ledger = deepFreeze(apply(before, next, { now, id, operation: String(operation), tick }));
    steps.push({ move: next, now, operation: String(operation), id, before, after: ledger });
  });
  return steps;
}

function apply(
  ledger: Ledger,
  next: Move,
  at: { now: string; id: string; operation: string; tick: number },
): Ledger {
  const { now, id } = at;
  switch (next.do) {
    case 'open': {
      const newTraceId = (at.tick + 1).toString(16).padStart(32, '0');
      const options = { operation: at.operation, now, newTraceId };
      return openDelivery(ledger, planOf(next.version, next.head), options).ledger;
    }
    case 'start':
      return startPhase(ledger, id, { name: next.phase, now });
    case 'check':
      return recordCheck(ledger, id, next.phase, checkOf(next, now));
    case 'finish':
      return finishPhase(ledger, id, { name: next.phase, status: next.status, now, ...messageOf(next) });
    case 'close':
      return closeAttempt(ledger, id, { status: next.status, now, ...messageOf(next) });
    case 'intend':
      return intendPromotion(ledger, id, { target: next.target, way: 'push', base: 'main', now });
    case 'promote':
      return recordPromotion(ledger, id, { ...next, now });
  }
}

function checkOf(next: Extract<Move, { do: 'check' }>, now: string): CheckRecord {
  return {
    name: next.name,
    kind: 'http',
    step: 0,
    status: next.status,
    startedAt: now,
    tries: 1,
    ...messageOf(next),
    ...(next.status === 'running' ? {} : { finishedAt: now }),
  };
}

function messageOf(next: { message?: string }): { message?: string } {
  return next.message === undefined ? {} : { message: next.message };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

/** For tests only: ledgers as the hooks write them, made with the ledger's own transitions. */
import { createHash } from 'node:crypto';
import type { AncestryEntry } from '../../../core/ancestry.ts';
import { makeFreight, type Freight } from '../../../core/freight.ts';
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
} from '../../../core/ledger/delivery.ts';
import type { CheckRecord, HistoryLine, Ledger } from '../../../core/ledger/types.ts';
import { PLAN_VERSION, type PhaseName, type Plan } from '../../../core/plan.ts';

/** `offset`: seconds from `start`, milliseconds since the epoch. */
export function timeAt(start: number, offset: number): string {
  return new Date(start + offset * 1000).toISOString();
}

export function commitId(seed: string): string {
  return createHash('sha1').update(seed).digest('hex');
}

export function freightOf(version: string): Freight {
  return makeFreight([
    { kind: 'helm-value', file: 'values.yaml', key: 'frontend.image.tag', value: version },
    { kind: 'helm-value', file: 'values.yaml', key: 'backend.image.tag', value: version },
  ]);
}

const SUBJECTS: Record<string, string> = {
  v1: 'Open the shop',
  v2: 'Show prices with tax',
  v3: 'Ask the warehouse for stock on every request',
};

export interface PlanOptions {
  stage: string;
  version: string;
  ancestry?: AncestryEntry[];
  metadata?: Record<string, string>;
  committedAt?: string;
}

export function planOf(options: PlanOptions): Plan {
  const { stage, version, ancestry = [], metadata = {} } = options;
  const committedAt = options.committedAt ?? ancestry[0]?.committedAt;
  return {
    version: PLAN_VERSION,
    pipeline: 'shop',
    stage,
    application: `shop-${stage}`,
    namespace: `shop-${stage}`,
    anchor: { name: `stageline-shop-${stage}`, labels: {}, data: {} },
    ledger: { name: `stageline-ledger-shop-${stage}` },
    commit: {
      id: commitId(`${stage}-${version}`),
      mode: 'git',
      author: 'Ada Okafor <ada@example.com>',
      subject: SUBJECTS[version] ?? `Use ${version}`,
      ...(committedAt === undefined ? {} : { committedAt }),
    },
    head: commitId(`head-${version}`),
    source: {
      repoURL: 'https://github.com/example/shop.git',
      path: `charts/${stage}`,
      targetRevision: 'main',
    },
    freight: freightOf(version),
    definition: 'definition01',
    ancestry,
    links: ancestry.slice(-1).map(({ traceparent, stage: from }) => ({ traceparent, stage: from })),
    metadata,
    phases: [],
    promotions: [],
  };
}

function traceIdOf(stage: string, commit: string): string {
  return commitId(`trace-${stage}-${commit}`).slice(0, 32);
}

/** One stage that `version` came through before. */
export function ancestor(
  stage: string,
  version: string,
  at: { start: number; openedAt: number },
): AncestryEntry {
  return {
    stage,
    application: `shop-${stage}`,
    commit: commitId(`${stage}-${version}`),
    freight: freightOf(version).id,
    traceparent: `00-${traceIdOf(stage, commitId(`${stage}-${version}`))}-00f067aa0ba902b7-01`,
    verdict: 'succeeded',
    openedAt: timeAt(at.start, at.openedAt),
    promotedAt: timeAt(at.start, at.openedAt + 140),
    author: 'Ada Okafor <ada@example.com>',
    subject: SUBJECTS[version] ?? `Use ${version}`,
    committedAt: timeAt(at.start, at.openedAt - 65),
  };
}

/** Writes one delivery step by step; times are in seconds after `start`. */
export class Story {
  ledger: Ledger;
  readonly #start: number;

  constructor(stage: string, start: number) {
    this.ledger = emptyLedger(planOf({ stage, version: 'v1' }));
    this.#start = start;
  }

  at(offset: number): string {
    return timeAt(this.#start, offset);
  }

  open(plan: Plan, at: number): string {
    const opened = openDelivery(this.ledger, plan, {
      operation: String(Math.round(this.#start / 1000) + at),
      now: this.at(at),
      newTraceId: traceIdOf(plan.stage, plan.commit.id),
    });
    this.ledger = opened.ledger;
    return deliveryId(plan);
  }

  start(id: string, phase: PhaseName, at: number): void {
    this.ledger = startPhase(this.ledger, id, {
      name: phase,
      now: this.at(at),
      ...(phase === 'deployment' ? {} : { job: `sl-hook-${phase}-${at}` }),
    });
  }

  check(
    id: string,
    phase: PhaseName,
    check: Partial<CheckRecord> & { name: string; from: number; to?: number },
  ): void {
    const { from, to, ...fields } = check;
    this.ledger = recordCheck(this.ledger, id, phase, {
      kind: 'http',
      step: 0,
      status: 'passed',
      tries: 1,
      startedAt: this.at(from),
      ...(to === undefined ? {} : { finishedAt: this.at(to) }),
      ...fields,
    });
  }

  finish(
    id: string,
    phase: PhaseName,
    end: { at: number; status?: 'succeeded' | 'failed' | 'errored'; message?: string },
  ): void {
    const message = end.message === undefined ? {} : { message: end.message };
    this.ledger = finishPhase(this.ledger, id, {
      name: phase,
      status: end.status ?? 'succeeded',
      now: this.at(end.at),
      ...message,
    });
  }

  close(
    id: string,
    status: 'succeeded' | 'failed' | 'errored' | 'abandoned',
    end: { at: number; message?: string },
  ): void {
    const message = end.message === undefined ? {} : { message: end.message };
    this.ledger = closeAttempt(this.ledger, id, { status, now: this.at(end.at), ...message });
  }

  promote(
    id: string,
    target: string,
    result: { from: number; to: number; status: 'done' | 'waiting' | 'failed'; message?: string },
  ): void {
    const message = result.message === undefined ? {} : { message: result.message };
    this.ledger = intendPromotion(this.ledger, id, {
      target,
      way: 'push',
      base: 'main',
      branch: `stageline/${target}/${id.slice(0, 8)}`,
      now: this.at(result.from),
    });
    this.ledger = recordPromotion(this.ledger, id, {
      target,
      now: this.at(result.to),
      status: result.status,
      ...message,
      ...(result.status === 'done'
        ? { commit: commitId(`${target}-promoted-${id}`) }
        : { url: 'https://github.com/example/shop/pull/42' }),
    });
  }
}

export const LOAD_FIGURES = {
  requests: 2400,
  rate: 480.2,
  errors: 0,
  mean: 0.0121,
  p50: 0.0108,
  p90: 0.0204,
  p95: 0.0263,
  p99: 0.061,
  max: 0.118,
};

/** A delivery with every kind of check that passes, ending `at + 100`. Returns its id. */
export function passing(story: Story, plan: Plan, at: number): string {
  const id = story.open(plan, at);
  story.start(id, 'pre-deployment', at + 1);
  story.check(id, 'pre-deployment', {
    name: 'metrics-are-there',
    from: at + 2,
    to: at + 4,
    message: '200 from http://metrics.shop.svc/-/ready in 12ms',
  });
  story.finish(id, 'pre-deployment', { at: at + 5 });
  story.start(id, 'deployment', at + 6);
  story.finish(id, 'deployment', { at: at + 31 });
  story.start(id, 'post-deployment', at + 33);
  story.check(id, 'post-deployment', {
    name: 'smoke',
    kind: 'task',
    workload: 'frontend',
    from: at + 34,
    to: at + 47,
    step: 0,
    job: 'sl-task-smoke',
    message: 'ended with exit code 0',
    tries: 2,
  });
  story.check(id, 'post-deployment', {
    name: 'backend-scraped',
    workload: 'backend',
    from: at + 34,
    to: at + 40,
    step: 0,
    message: '200 from http://backend.shop.svc/metrics in 9ms',
  });
  story.check(id, 'post-deployment', {
    name: 'load',
    kind: 'load',
    from: at + 47,
    to: at + 77,
    step: 1,
    value: 0.0263,
    target: '<250ms',
    figures: LOAD_FIGURES,
    message: '2400 requests in 5s',
  });
  story.check(id, 'post-deployment', {
    name: 'response-time',
    kind: 'metric',
    from: at + 78,
    to: at + 79,
    step: 2,
    value: 0.0263,
    target: '<0.25',
  });
  story.check(id, 'post-deployment', {
    name: 'success-rate',
    kind: 'metric',
    from: at + 78,
    to: at + 80,
    step: 2,
    value: 0.9952,
    target: '>=99%',
    status: 'warning',
    message: '0.9952 meets the target, with less than 1% to spare',
  });
  story.finish(id, 'post-deployment', { at: at + 81 });
  return id;
}

/** A delivery that is promoted where `target` is given, and succeeds. */
export function promoted(story: Story, plan: Plan, options: { at: number; target?: string }): string {
  const { at, target } = options;
  const id = passing(story, plan, at);
  if (target !== undefined) {
    story.start(id, 'promotion', at + 82);
    story.promote(id, target, { from: at + 83, to: at + 88, status: 'done' });
    story.finish(id, 'promotion', { at: at + 89 });
  }
  story.close(id, 'succeeded', { at: at + 90 });
  return id;
}

/** A delivery whose backend is too slow: a first attempt that errored, then one that failed. */
export function failing(story: Story, plan: Plan, at: number): string {
  const id = story.open(plan, at);
  story.start(id, 'pre-deployment', at + 1);
  story.check(id, 'pre-deployment', {
    name: 'metrics-are-there',
    from: at + 2,
    to: at + 32,
    status: 'errored',
    tries: 3,
    message: 'no answer from http://metrics.shop.svc/-/ready: connection refused',
  });
  story.finish(id, 'pre-deployment', {
    at: at + 33,
    status: 'errored',
    message: 'metrics-are-there could not be run',
  });
  story.close(id, 'errored', {
    at: at + 33,
    message: 'metrics-are-there: no answer from http://metrics.shop.svc/-/ready: connection refused',
  });
  const late = at + 60;
  story.open(plan, late);
  story.start(id, 'pre-deployment', late + 1);
  story.check(id, 'pre-deployment', {
    name: 'metrics-are-there',
    from: late + 2,
    to: late + 4,
    message: '200 from http://metrics.shop.svc/-/ready in 12ms',
  });
  story.finish(id, 'pre-deployment', { at: late + 5 });
  story.start(id, 'deployment', late + 6);
  story.finish(id, 'deployment', { at: late + 29 });
  story.start(id, 'post-deployment', late + 31);
  story.check(id, 'post-deployment', {
    name: 'smoke',
    kind: 'task',
    workload: 'frontend',
    from: late + 32,
    to: late + 44,
    step: 0,
    job: 'sl-task-smoke',
    message: 'ended with exit code 0',
  });
  story.check(id, 'post-deployment', {
    name: 'load',
    kind: 'load',
    from: late + 44,
    to: late + 74,
    step: 1,
    figures: { ...LOAD_FIGURES, p95: 0.62, mean: 0.41, max: 1.84 },
    message: '612 requests in 30s',
  });
  story.check(id, 'post-deployment', {
    name: 'response-time',
    kind: 'metric',
    from: late + 75,
    to: late + 76,
    step: 2,
    status: 'failed',
    value: 0.62,
    target: '<250ms',
    message: 'p95 of load was 0.62, target <250ms',
  });
  story.finish(id, 'post-deployment', { at: late + 77, status: 'failed', message: 'response-time failed' });
  story.close(id, 'failed', {
    at: late + 77,
    message: 'post-deployment: response-time: p95 of load was 0.62, target <250ms',
  });
  return id;
}

/** Lines of deliveries that are no longer kept whole, a day apart, newest first. */
export function historyLines(number: number, start: number): HistoryLine[] {
  return Array.from({ length: number }, (_, index) => ({
    id: `old${index}`,
    commit: commitId(`old-${index}`),
    freight: commitId(`freight-${index}`).slice(0, 12),
    status: index % 7 === 3 ? 'failed' : 'succeeded',
    traceId: commitId(`old-trace-${index}`).slice(0, 32),
    openedAt: timeAt(start, -86_400 * (index + 1)),
    closedAt: timeAt(start, -86_400 * (index + 1) + 95),
    attempts: index % 7 === 3 ? 2 : 1,
    subject: `Change number ${number - index}`,
  }));
}

/** The data of the anchor that `plan` renders. */
export function anchorData(plan: Plan): Record<string, string> {
  return {
    pipeline: plan.pipeline,
    stage: plan.stage,
    commit: plan.commit.id,
    'commit-mode': plan.commit.mode,
    freight: plan.freight.id,
    versions: plan.freight.items.map((item) => `${item.key || item.file}=${item.value}`).join('\n'),
    definition: plan.definition,
  };
}

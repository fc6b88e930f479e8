/** For tests only: what a stage may look like to the tab. The application's name chooses the scenario. */
import type { Ledger, PendingPromotion } from '../../../core/ledger/types.ts';
import {
  ancestor,
  anchorData,
  failing,
  historyLines,
  passing,
  planOf,
  promoted,
  Story,
  timeAt,
} from './ledgers.ts';
import { everyPromotion, takenBack } from './waiting.ts';

export interface Scenario {
  /** Text of the ledger; undefined where there is none. */
  ledger: string | undefined;
  anchor: Record<string, string> | undefined;
  /** Whether Argo CD runs an operation. */
  syncing?: boolean;
  /** Answers every reading with this. */
  refused?: { status: number; message: string };
}

const HOUR = 3600;

function minutesAgo(now: number, minutes: number): string {
  return timeAt(now, -60 * minutes);
}

export function scenarios(now: number): Record<string, Scenario> {
  return {
    'dev-promoted': devPromoted(now),
    'dev-failed': devFailed(now),
    'prod-succeeded': prodSucceeded(now),
    'dev-running': devRunning(now),
    'prod-rolled-back': prodRolledBack(now),
    'prod-not-checked': {
      ...prodSucceeded(now),
      anchor: anchorData(planOf({ stage: 'prod', version: 'v9' })),
    },
    'dev-waiting': devWaiting(now),
    'dev-promotions': everyPromotion(now),
    'prod-taken-back': takenBack(now, 'done'),
    'prod-rollback-due': takenBack(now, 'due'),
    // The applications that the ancestry of prod's deliveries names.
    'shop-dev': devPromoted(now),
    'shop-staging': staging(now),
    'no-deliveries': { ledger: undefined, anchor: anchorData(planOf({ stage: 'dev', version: 'v1' })) },
    'not-a-stage': { ledger: undefined, anchor: undefined },
    newer: {
      ledger: '{"version":2,"deliveries":[]}',
      anchor: anchorData(planOf({ stage: 'dev', version: 'v1' })),
    },
    damaged: { ledger: '{"version":1,"deliv', anchor: anchorData(planOf({ stage: 'dev', version: 'v1' })) },
    denied: {
      ledger: undefined,
      anchor: undefined,
      refused: { status: 403, message: 'permission denied: applications, get, default/denied' },
    },
    broken: {
      ledger: undefined,
      anchor: undefined,
      refused: { status: 500, message: 'cluster cache is not ready' },
    },
    hostile: hostile(now),
  };
}

function devPromoted(now: number): Scenario {
  const story = new Story('dev', now - 6 * HOUR * 1000);
  promoted(story, planOf({ stage: 'dev', version: 'v1' }), { at: 0, target: 'prod' });
  const plan = planOf({
    stage: 'dev',
    version: 'v2',
    metadata: { team: 'storefront' },
    committedAt: minutesAgo(now, 64),
  });
  promoted(story, plan, { at: 5 * HOUR, target: 'prod' });
  return { ledger: JSON.stringify(story.ledger), anchor: anchorData(plan) };
}

function devFailed(now: number): Scenario {
  const story = new Story('dev', now - 6 * HOUR * 1000);
  promoted(story, planOf({ stage: 'dev', version: 'v1' }), { at: 0, target: 'prod' });
  promoted(story, planOf({ stage: 'dev', version: 'v2' }), { at: 2 * HOUR, target: 'prod' });
  const plan = planOf({ stage: 'dev', version: 'v3', committedAt: minutesAgo(now, 61) });
  failing(story, plan, 5 * HOUR);
  return { ledger: withHistory(story.ledger, now), anchor: anchorData(plan) };
}

function withHistory(ledger: Ledger, now: number): string {
  return JSON.stringify({ ...ledger, history: historyLines(300, now - 86_400_000) });
}

function prodSucceeded(now: number): Scenario {
  const start = now - 8 * HOUR * 1000;
  const story = new Story('prod', start);
  promoted(story, planOf({ stage: 'prod', version: 'v1', ancestry: chain('v1', start, -HOUR) }), { at: 0 });
  const plan = planOf({ stage: 'prod', version: 'v2', ancestry: chain('v2', start, 5 * HOUR) });
  promoted(story, plan, { at: 6 * HOUR });
  return { ledger: withHistory(story.ledger, start), anchor: anchorData(plan) };
}

function chain(version: string, start: number, openedAt: number): ReturnType<typeof ancestor>[] {
  return [
    ancestor('dev', version, { start, openedAt }),
    ancestor('staging', version, { start, openedAt: openedAt + 900 }),
  ];
}

function devRunning(now: number): Scenario {
  const story = new Story('dev', now - 2 * HOUR * 1000);
  const before = planOf({ stage: 'dev', version: 'v1' });
  promoted(story, before, { at: 0, target: 'prod' });
  const plan = planOf({ stage: 'dev', version: 'v2', committedAt: minutesAgo(now, 1) });
  const at = 2 * HOUR - 22;
  const id = story.open(plan, at);
  story.start(id, 'pre-deployment', at + 1);
  story.check(id, 'pre-deployment', {
    name: 'metrics-are-there',
    from: at + 2,
    to: at + 9,
    message: '200 in 12ms',
  });
  story.finish(id, 'pre-deployment', { at: at + 10 });
  story.start(id, 'deployment', at + 10);
  return { ledger: JSON.stringify(story.ledger), anchor: anchorData(before), syncing: true };
}

function prodRolledBack(now: number): Scenario {
  const start = now - 8 * HOUR * 1000;
  const story = new Story('prod', start);
  const old = planOf({ stage: 'prod', version: 'v1', ancestry: chain('v1', start, -HOUR) });
  promoted(story, old, { at: 0 });
  promoted(story, planOf({ stage: 'prod', version: 'v2', ancestry: chain('v2', start, 5 * HOUR) }), {
    at: 6 * HOUR,
  });
  return { ledger: JSON.stringify(story.ledger), anchor: anchorData(old) };
}

/** Between dev and prod. */
function staging(now: number): Scenario {
  const start = now - 8 * HOUR * 1000;
  const story = new Story('staging', start);
  const plan = planOf({
    stage: 'staging',
    version: 'v2',
    ancestry: chain('v2', start, 5 * HOUR).slice(0, 1),
  });
  promoted(story, plan, { at: 5 * HOUR + 900, target: 'prod' });
  return { ledger: JSON.stringify(story.ledger), anchor: anchorData(plan) };
}

/** Verified, and waiting for somebody to let it go on. */
function devWaiting(now: number): Scenario {
  const story = new Story('dev', now - 6 * HOUR * 1000);
  promoted(story, planOf({ stage: 'dev', version: 'v1' }), { at: 0, target: 'prod' });
  const plan = planOf({ stage: 'dev', version: 'v2', committedAt: minutesAgo(now, 64) });
  const at = 5 * HOUR;
  const id = passing(story, plan, at);
  story.start(id, 'promotion', at + 82);
  story.promote(id, 'prod', { from: at + 83, to: at + 88, status: 'waiting' });
  story.finish(id, 'promotion', { at: at + 89 });
  story.close(id, 'succeeded', { at: at + 90 });
  const pending: PendingPromotion = {
    job: 'sl-promote-prod-7c1d',
    waitsFor: 'approval',
    expiresAt: timeAt(now, 48 * HOUR),
  };
  const [newest, ...older] = story.ledger.deliveries.map((delivery) => ({
    ...delivery,
    promotions: delivery.promotions.map((promotion) => ({
      ...promotion,
      targetApplication: 'prod-succeeded',
    })),
  }));
  const promotions = newest?.promotions.map((promotion) => ({ ...promotion, url: undefined, pending }));
  const ledger = { ...story.ledger, deliveries: [{ ...newest, promotions }, ...older] };
  return { ledger: JSON.stringify(ledger), anchor: anchorData(plan) };
}

/** What somebody with write access to the namespace may put there. */
function hostile(now: number): Scenario {
  const story = new Story('dev', now - HOUR * 1000);
  const plan = planOf({ stage: 'dev', version: 'v1' });
  const id = passing(story, plan, 0);
  story.promote(id, 'prod', { from: 85, to: 86, status: 'waiting' });
  const script = '<img src=x onerror="window.hacked=true"><script>window.hacked=true</script>';
  const [delivery] = story.ledger.deliveries;
  const [attempt] = delivery?.attempts ?? [];
  const ledger = {
    ...story.ledger,
    stage: script,
    deliveries: [
      {
        ...delivery,
        status: 'failed',
        message: script + 'A'.repeat(2_000_000),
        commit: {
          id: 'javascript:alert(1)',
          mode: { odd: true },
          subject: script,
          author: `\u202Egnp.exe ${script}`,
        },
        freight: { id: 7, items: [{ kind: 'x', file: script, key: script, value: script }, null, 3] },
        metadata: { [script]: { nested: true }, list: [1, 2] },
        ancestry: [
          {
            stage: script,
            application: '../../evil',
            commit: 5,
            traceparent: 'x',
            openedAt: 'never',
            promotedAt: {},
          },
        ],
        promotions: delivery?.promotions.map((promotion) => ({
          ...promotion,
          url: 'javascript:window.hacked=true',
          way: ['a'],
          status: { a: 1 },
        })),
        attempts: [
          {
            ...attempt,
            phases: [
              {
                name: script,
                startedAt: 'yesterday',
                status: 42,
                checks: [
                  {
                    name: script,
                    startedAt: 'x',
                    kind: {},
                    status: [],
                    value: 'NaN',
                    target: script,
                    figures: { [script]: 1, bad: 'x' },
                    tries: 'many',
                  },
                ],
              },
              { name: 'pre-deployment', startedAt: '2030-01-01T00:00:00Z', status: 'nonsense', checks: [] },
            ],
          },
        ],
      },
    ],
    history: [
      { id: 'h', openedAt: 'bad', commit: { a: 1 }, freight: [], status: null, attempts: 'x', subject: {} },
    ],
  };
  return {
    ledger: JSON.stringify(ledger),
    anchor: { ...anchorData(plan), versions: `${script}=${script}\nx` },
  };
}

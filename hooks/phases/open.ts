/** How a hook enters the ledger: it opens the delivery or joins it, and begins its phase, in one write. */
import { StagelineError } from '../../core/errors.ts';
import { closeAttempt, currentAttempt, openDelivery, type OpenDecision } from '../../core/ledger/delivery.ts';
import type { AttemptRecord, DeliveryRecord, Ledger } from '../../core/ledger/types.ts';
import { stepsOf, type CheckPhase } from '../../core/plan.ts';
import { deliveryOf, idOf, timestamp, type HookContext } from '../context.ts';

export interface Opened {
  decision: OpenDecision;
  ledger: Ledger;
  delivery: DeliveryRecord;
  attempt: AttemptRecord;
  /** An earlier process worked on this delivery and may have been killed before it could export its spans. */
  recovered: boolean;
}

export interface OpenSteps {
  /** Phases whose recorded success this hook needs before it may go on. */
  requires: readonly CheckPhase[];
  /** What the hook begins with, in the same write. */
  begin: (ledger: Ledger) => Ledger;
}

/** Errors: `VERDICT_MISSING` if a required phase has no recorded success, and what the store throws. */
export async function openHook(context: HookContext, steps: OpenSteps): Promise<Opened> {
  const id = idOf(context);
  const traceId = context.newTraceId();
  let decision: OpenDecision = 'run';
  let missing: CheckPhase | undefined;
  let recovered = false;
  const ledger = await context.store.update((current) => {
    const before = currentAttempt(current, id);
    const opened = openDelivery(current, context.plan, {
      operation: context.operation,
      now: openingTime(context, before?.attempt),
      newTraceId: traceId,
    });
    decision = opened.decision;
    missing = undefined;
    const isNew = currentAttempt(opened.ledger, id)?.attempt !== before?.attempt;
    recovered = decision !== 'run' || (isNew && before !== undefined);
    if (decision !== 'run') return opened.ledger;
    missing = missingVerdict(context, opened.ledger, steps.requires);
    if (missing === undefined) return steps.begin(opened.ledger);
    const { message } = verdictMissing(context, missing);
    return closeAttempt(opened.ledger, id, { status: 'errored', now: timestamp(context), message });
  });
  if (missing !== undefined) throw verdictMissing(context, missing);
  const current = currentAttempt(ledger, id);
  const delivery = deliveryOf(context, ledger);
  if (!current || !delivery) throw new Error(`delivery ${id} is not in the ledger that was just written`);
  return { decision, ledger, delivery, attempt: current.attempt, recovered };
}

/**
 * Where no pre-deployment check opened it, the attempt began with Argo CD's operation. Never before an earlier
 * attempt ended, and never in the future, whatever the clocks of controller and node say.
 */
function openingTime(context: HookContext, last: AttemptRecord | undefined): string {
  const now = context.now();
  if (stepsOf(context.plan, 'pre-deployment').length > 0) return new Date(now).toISOString();
  const began = Number(context.operation) * 1000;
  const after = Date.parse(last?.finishedAt ?? '') || 0;
  return new Date(Math.min(now, Math.max(began, after))).toISOString();
}

function missingVerdict(
  context: HookContext,
  ledger: Ledger,
  requires: readonly CheckPhase[],
): CheckPhase | undefined {
  const phases = currentAttempt(ledger, idOf(context))?.attempt.phases ?? [];
  return requires
    .filter((phase) => stepsOf(context.plan, phase).length > 0)
    .find((phase) => !phases.some((record) => record.name === phase && record.status === 'succeeded'));
}

function verdictMissing(context: HookContext, phase: CheckPhase): StagelineError {
  return new StagelineError(
    `stage ${context.plan.stage} got to the ${context.role} hook, but the ledger has no success of its ${phase} checks in this operation`,
    {
      code: 'VERDICT_MISSING',
      hint: 'Install the Job health override of the Stageline manifests if a queue such as Kueue suspends Jobs, then sync again',
      blame: 'setup',
    },
  );
}

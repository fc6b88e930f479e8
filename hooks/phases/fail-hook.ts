/** Role `fail`: Argo CD's sync failed. Notes it, unless a hook has already said why. */
import { messageOf } from '../../core/errors.ts';
import { closeAttempt, openDelivery, startPhase } from '../../core/ledger/delivery.ts';
import type { AttemptRecord, Ledger, PhaseRecord } from '../../core/ledger/types.ts';
import { idOf, timestamp, type HookContext, type HookResult } from '../context.ts';

/** Always passes: a failed SyncFail hook would only hide the reason of the sync's own failure. */
export async function runFailHook(context: HookContext): Promise<HookResult> {
  const id = idOf(context);
  const traceId = context.newTraceId();
  let message = '';
  await context.store.update((ledger) => {
    const delivery = ledger.deliveries.find((known) => known.id === id);
    const attempt = delivery?.attempts.at(-1);
    const isOurs = attempt?.operation === context.operation;
    if (delivery?.status === 'succeeded' || (isOurs && attempt.status !== 'running')) {
      message = `a verdict is recorded already: ${attempt?.message ?? attempt?.status ?? 'succeeded'}`;
      return ledger;
    }
    const opened = isOurs ? ledger : openFailed(context, ledger, traceId);
    message = reasonOf(opened.deliveries.find((known) => known.id === id)?.attempts.at(-1));
    return closeAttempt(opened, id, { status: 'errored', now: timestamp(context), message });
  });
  return { status: 'passed', message: await withRollback(context, message), recovered: true };
}

/** A rollback that cannot be begun hides nothing of the failure; SyncFail runs again with the next retry. */
async function withRollback(context: HookContext, message: string): Promise<string> {
  if (!context.plan.rollback) return message;
  try {
    // Few stages have one: the others need not load what it takes.
    const { beginRollback } = await import('../promotion/rollback.ts');
    const begun = await beginRollback(context, idOf(context));
    return begun === undefined ? message : `${message}; ${begun}`;
  } catch (error) {
    context.log.error('the rollback could not be begun', { error });
    return `${message}; the rollback could not be begun: ${messageOf(error)}`;
  }
}

/** The plan has no pre-deployment checks, so the sync failed before any hook could open the delivery. */
function openFailed(context: HookContext, ledger: Ledger, newTraceId: string): Ledger {
  const now = new Date(Math.min(context.now(), Number(context.operation) * 1000)).toISOString();
  const { ledger: opened } = openDelivery(ledger, context.plan, {
    operation: context.operation,
    now,
    newTraceId,
  });
  return startPhase(opened, idOf(context), { name: 'deployment', now });
}

function reasonOf(attempt: AttemptRecord | undefined): string {
  const open = attempt?.phases.find((phase: PhaseRecord) => phase.status === 'running');
  if (open === undefined || open.name === 'deployment') {
    return 'Argo CD could not apply the manifests, or a resource did not become healthy; its sync result says which';
  }
  return `the ${open.name} hook ended without a verdict (killed, evicted or out of time); its Job is ${open.job ?? 'unknown'}`;
}

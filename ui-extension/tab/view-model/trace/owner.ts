/** Whose trace it is: a link names a trace and perhaps a stage, a request needs the application that delivers it. */
import type { Ledger } from '../../../../core/ledger/types.ts';
import { traceIdOf } from '../chain.ts';
import type { OtherStages } from '../other-stages.ts';
import { text } from '../text.ts';

export interface TraceRef {
  traceId: string;
  /** Instance name of the application that it is of; empty for the page's own. */
  instance: string;
  /** For people; may be empty. */
  stage: string;
}

/**
 * Finds it by the trace's id, else by the name of the stage. `instance`: of the page's own application. Undefined
 * where nothing tells: then only the trace store could.
 */
export function traceOwner(
  wanted: { traceId: string; stage: string },
  known: { ledger: Ledger | undefined; others: OtherStages },
): TraceRef | undefined {
  const { traceId, stage } = wanted;
  const { ledger, others } = known;
  const own = [...(ledger?.deliveries ?? []), ...(ledger?.history ?? [])];
  if (own.some((delivery) => delivery.traceId === traceId))
    return { traceId, instance: '', stage: text(ledger?.stage) };
  const ancestry = (ledger?.deliveries ?? []).flatMap((delivery) => delivery.ancestry);
  const entry =
    ancestry.find((candidate) => traceIdOf(candidate.traceparent) === traceId) ??
    ancestry.find((candidate) => stage !== '' && text(candidate.stage) === stage);
  if (entry) return { traceId, instance: text(entry.application, 253), stage: text(entry.stage) };
  for (const [instance, other] of others) {
    if (other.kind !== 'read') continue;
    const theirs = other.reading.ledger;
    const name = text(theirs?.stage);
    const holds = [...(theirs?.deliveries ?? []), ...(theirs?.history ?? [])].some(
      (delivery) => delivery.traceId === traceId,
    );
    if (holds || (stage !== '' && name === stage)) return { traceId, instance, stage: name };
    // Further back than this stage's own chain: the stages between know it.
    const back = (theirs?.deliveries ?? [])
      .flatMap((delivery) => delivery.ancestry)
      .find((candidate) => traceIdOf(candidate.traceparent) === traceId);
    if (back) return { traceId, instance: text(back.application, 253), stage: text(back.stage) };
  }
  return undefined;
}

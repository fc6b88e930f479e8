/** Which spans a hook sends when it ends: its own, and after a crash those of the processes before it. */
import type { Ledger } from '../core/ledger/types.ts';
import { deliverySpans, type SpanModel } from '../core/spans.ts';

/**
 * Spans that ended while the hook ran. With `recovered` all of the delivery's: an earlier process may have been
 * killed after its last write and before its export, and a repeat has the same ids.
 */
export function spansToSend(
  before: Ledger,
  after: Ledger,
  current: { id: string; recovered: boolean },
): SpanModel[] {
  const known = new Set(
    before.deliveries.flatMap((delivery) =>
      current.recovered && delivery.id === current.id
        ? []
        : deliverySpans(before, delivery).map((span) => `${span.traceId}/${span.spanId}`),
    ),
  );
  return after.deliveries
    .flatMap((delivery) => deliverySpans(after, delivery))
    .filter((span) => !known.has(`${span.traceId}/${span.spanId}`));
}

/** Sends a ledger's traces again: the same ids, times and attributes as the hooks sent, or would have. */
import { StagelineError } from '../../core/errors.ts';
import type { Ledger } from '../../core/ledger/types.ts';
import { deliverySpans } from '../../core/spans.ts';
import { exportSpans, isExportOn, type ExportOptions, type ExportResult } from './export-spans.ts';

export interface ReplayOptions extends ExportOptions {
  /** Id or trace id of one delivery; without it every delivery that is kept whole. */
  delivery?: string;
}

/** People wait for a replay, so it may take longer than a hook's export. */
const REPLAY_BUDGET_MS = 30_000;

/**
 * Replays one delivery, or all of a ledger. Errors: `REPLAY_NO_ENDPOINT` if no `OTEL_EXPORTER_OTLP_*ENDPOINT` is set,
 * `REPLAY_UNKNOWN` if there is no such delivery. A failed export is a result, not an error.
 */
export async function replayTrace(ledger: Ledger, options: ReplayOptions): Promise<ExportResult> {
  if (!isExportOn(options.env)) {
    throw new StagelineError('there is no place to send traces to', {
      code: 'REPLAY_NO_ENDPOINT',
      hint: 'Set OTEL_EXPORTER_OTLP_ENDPOINT to the address of an OTLP/HTTP receiver, such as http://localhost:4318',
      blame: 'setup',
    });
  }
  const wanted = options.delivery;
  const deliveries = ledger.deliveries.filter(
    ({ id, traceId }) => wanted === undefined || id === wanted || traceId === wanted,
  );
  if (deliveries.length === 0) {
    const known = ledger.deliveries.map(({ id }) => id).join(', ') || 'none';
    throw new StagelineError(`the ledger of ${ledger.application} has no delivery "${wanted ?? ''}"`, {
      code: 'REPLAY_UNKNOWN',
      hint: `Name one of: ${known}`,
    });
  }
  const spans = deliveries.flatMap((delivery) => deliverySpans(ledger, delivery));
  return exportSpans(spans, { ...options, budgetMs: options.budgetMs ?? REPLAY_BUDGET_MS });
}

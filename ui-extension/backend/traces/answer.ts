/** From spans as a trace store has them to the answers of this backend. */
import type { TraceAnswer, TraceSummary } from '../answers.ts';
import type { AttributeValue } from '../../../core/spans.ts';
import type { SourceSpan } from '../jaeger/otlp.ts';
import { isStagelineSpan } from './owners.ts';
import { rfc3339, trimSpan } from './trim.ts';

/** Attempts and promotions may follow the root span at any time; after this long without one they seldom do. */
const SETTLED_AFTER_MS = 60_000;

/** A span that was exported again has the same id and the same content: the first one stays. */
export function withoutRepeats(spans: readonly SourceSpan[]): SourceSpan[] {
  const seen = new Map<string, SourceSpan>();
  for (const span of spans) if (!seen.has(span.spanId)) seen.set(span.spanId, span);
  return [...seen.values()];
}

/** `spans` are of one trace, at least one, without repeats; `now` in milliseconds since the epoch. */
export function traceAnswer(
  traceId: string,
  spans: readonly SourceSpan[],
  options: { now: number; maxSpans: number },
): TraceAnswer {
  const { start, end } = extent(spans);
  const shown = mostTelling(spans, options.maxSpans).toSorted(byStart);
  return {
    source: 'jaeger',
    traceId,
    finished: isFinished(spans, end, options.now),
    truncated: shown.length < spans.length,
    spanCount: spans.length,
    startedAt: rfc3339(start),
    finishedAt: rfc3339(end),
    spans: shown.map((span) => trimSpan(span, start)),
  };
}

/** One line for a list of traces. */
export function traceSummary(traceId: string, spans: readonly SourceSpan[], now: number): TraceSummary {
  const { start, end } = extent(spans);
  const own = spans.filter(isStagelineSpan).toSorted(byStart);
  const head = rootOf(spans) ?? own[0] ?? spans[0];
  const attributes = head?.attributes ?? {};
  return {
    traceId,
    name: (head?.name ?? '').slice(0, 300),
    ...textOf('pipeline', attributes['cicd.pipeline.name']),
    ...textOf('stage', attributes['deployment.environment.name']),
    ...textOf('commit', attributes['stageline.commit.id']),
    ...textOf('freight', attributes['stageline.freight.id']),
    startedAt: rfc3339(start),
    finishedAt: rfc3339(end),
    status: head?.status ?? 'unset',
    finished: isFinished(spans, end, now),
    spanCount: spans.length,
  };
}

function isFinished(spans: readonly SourceSpan[], end: bigint, now: number): boolean {
  return rootOf(spans) !== undefined && end < BigInt(now - SETTLED_AFTER_MS) * 1_000_000n;
}

/** The delivery's own span: Stageline's, without a parent. */
function rootOf(spans: readonly SourceSpan[]): SourceSpan | undefined {
  return spans.find((span) => span.parentSpanId === undefined && isStagelineSpan(span));
}

/** Stageline's own spans first, then what failed, then the rest as it began. */
function mostTelling(spans: readonly SourceSpan[], most: number): readonly SourceSpan[] {
  if (spans.length <= most) return spans;
  const rank = (span: SourceSpan): number => (isStagelineSpan(span) ? 0 : span.status === 'error' ? 1 : 2);
  return spans.toSorted((one, other) => rank(one) - rank(other) || byStart(one, other)).slice(0, most);
}

function byStart(one: SourceSpan, other: SourceSpan): number {
  if (one.start !== other.start) return one.start < other.start ? -1 : 1;
  // Of spans that start together the one that lasts longer holds the other.
  return one.end === other.end ? 0 : one.end > other.end ? -1 : 1;
}

function extent(spans: readonly SourceSpan[]): { start: bigint; end: bigint } {
  const [first] = spans;
  let start = first?.start ?? 0n;
  let end = first?.end ?? 0n;
  for (const span of spans) {
    if (span.start < start) start = span.start;
    if (span.end > end) end = span.end;
  }
  return { start, end };
}

function textOf(key: string, value: AttributeValue | undefined): Record<string, string> {
  return typeof value === 'string' ? { [key]: value.slice(0, 300) } : {};
}

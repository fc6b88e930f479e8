/** The recent traces of one application, newest first. */
import type { SearchAnswer, SearchQuery } from '../answers.ts';
import type { Caller } from '../caller.ts';
import type { TraceSource } from '../jaeger/client.ts';
import type { SourceSpan } from '../jaeger/otlp.ts';
import { traceSummary, withoutRepeats } from './answer.ts';
import { APPLICATION_ATTRIBUTE, belongsTo, ownersOf } from './owners.ts';

export interface SearchOptions {
  source: TraceSource;
  /** `service.name` of the hook runner's spans. */
  service: string;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Traces of others that the store answers too are left out. Throws what the source throws. */
export async function searchTraces(
  caller: Caller,
  query: SearchQuery,
  options: SearchOptions,
): Promise<SearchAnswer> {
  const spans = await options.source.search({
    service: options.service,
    attributes: { [APPLICATION_ATTRIBUTE]: caller.application },
    ...(query.name === undefined ? {} : { name: query.name }),
    from: new Date(options.now - query.hours * 3_600_000),
    to: new Date(options.now),
    limit: query.limit,
  });
  const traces = [...byTrace(spans)]
    .filter(([, members]) => belongsTo(ownersOf(members), caller))
    .map(([traceId, members]) => traceSummary(traceId, withoutRepeats(members), options.now))
    .toSorted((one, other) => other.startedAt.localeCompare(one.startedAt))
    .slice(0, query.limit);
  return { source: 'jaeger', traces };
}

function byTrace(spans: readonly SourceSpan[]): Map<string, SourceSpan[]> {
  const traces = new Map<string, SourceSpan[]>();
  for (const span of spans) {
    const members = traces.get(span.traceId);
    if (members) members.push(span);
    else traces.set(span.traceId, [span]);
  }
  return traces;
}

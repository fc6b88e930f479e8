/**
 * Whose trace it is. Every span that names an application or a project counts, on itself or on its resource: a
 * trace that names two applications belongs to neither, so that nobody who can send spans to the collector can
 * claim another application's trace by adding one to it.
 */
import type { Caller } from '../caller.ts';
import type { SourceSpan } from '../jaeger/otlp.ts';

export const APPLICATION_ATTRIBUTE = 'stageline.application';
export const PROJECT_ATTRIBUTE = 'stageline.project';

export interface TraceOwners {
  applications: readonly string[];
  projects: readonly string[];
}

/** Every application and project that a trace's spans name, once each. */
export function ownersOf(spans: readonly SourceSpan[]): TraceOwners {
  return { applications: named(spans, APPLICATION_ATTRIBUTE), projects: named(spans, PROJECT_ATTRIBUTE) };
}

/** Whether the trace is this application's alone. Spans need not name a project; if they do, it must fit. */
export function belongsTo(owners: TraceOwners, caller: Caller): boolean {
  return (
    owners.applications.length === 1 &&
    owners.applications[0] === caller.application &&
    owners.projects.every((project) => project === caller.project)
  );
}

/** Stageline puts the application on each span that it writes; spans of the services under test have none. */
export function isStagelineSpan(span: SourceSpan): boolean {
  return APPLICATION_ATTRIBUTE in span.attributes || APPLICATION_ATTRIBUTE in span.resource;
}

function named(spans: readonly SourceSpan[], key: string): string[] {
  const values = spans.flatMap((span) => [span.attributes[key], span.resource[key]]);
  // A value that is no string fits no name; it counts all the same.
  return [
    ...new Set(values.filter((value) => value !== undefined).map((value) => JSON.stringify(value))),
  ].map((value) => {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'string' ? parsed : value;
  });
}

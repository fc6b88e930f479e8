/**
 * From a KeptnEvaluationDefinition to metric checks, one an objective: KeptnMetric and KeptnMetricsProvider are resolved
 * when the plan is made, and the query is asked when the check runs, so that no stale value is looked at. Up to v1alpha2
 * objectives held the query themselves and `spec.source` named the provider.
 */
import { parseGoDuration } from './go-values.ts';
import type { Lookup } from './lookup.ts';
import { fieldError, isObject, listAt, textAt, valueAt } from './objects.ts';
import type { JsonObject, NamedObject } from './objects.ts';
import { findProvider, readProvider, type MetricsServer } from './providers.ts';
import { rangeQuery } from './range-query.ts';
import { parseKeptnTarget } from './target.ts';

export interface PlannedEvaluation {
  objectives: { metric: string; query: string; server: MetricsServer; target: string }[];
  /** Further tries after the first. */
  retries: number;
  intervalMs: number;
}

export interface EvaluationContext {
  lookup: Lookup;
  note: (text: string) => void;
}

/** Keptn counts attempts, the first among them. */
const DEFAULT_ATTEMPTS = 10;
const DEFAULT_INTERVAL_MS = 5000;

/** Compiles an evaluation. Errors: `KEPTN_TARGET`, `KEPTN_MISSING`, `KEPTN_PROVIDER`, `KEPTN_FIELD`. */
export function compileEvaluation(definition: NamedObject, context: EvaluationContext): PlannedEvaluation {
  const { object } = definition;
  const objectives = objectivesOf(definition);
  return {
    objectives: objectives.map((objective, index) => {
      const at = `spec.objectives[${index}]`;
      const target = targetOf(definition, objective, at);
      return { ...measureOf(definition, { objective, at }, context), target };
    }),
    retries: attemptsOf(definition) - 1,
    intervalMs: durationOf(definition, valueAt(object, ['spec', 'retryInterval'])) ?? DEFAULT_INTERVAL_MS,
  };
}

/** Checks the targets of a definition that nothing uses: what cannot be parsed never could have passed. */
export function checkTargets(definition: NamedObject): void {
  objectivesOf(definition).forEach((objective, index) =>
    targetOf(definition, objective, `spec.objectives[${index}]`),
  );
}

function objectivesOf(definition: NamedObject): JsonObject[] {
  const objectives = listAt(definition.object, ['spec', 'objectives']).filter(isObject);
  if (objectives.length > 0) return objectives;
  throw fieldError(definition, 'spec.objectives', {
    code: 'KEPTN_FIELD',
    what: 'is empty',
    hint: 'Give it at least one objective with keptnMetricRef and evaluationTarget',
  });
}

function targetOf(definition: NamedObject, objective: JsonObject, at: string): string {
  const text = valueAt(objective, ['evaluationTarget']);
  const target = typeof text === 'string' ? parseKeptnTarget(text) : undefined;
  if (target !== undefined) return target;
  throw fieldError(definition, `${at}.evaluationTarget`, {
    code: 'KEPTN_TARGET',
    what: text === undefined || text === null ? 'is missing' : `${JSON.stringify(text)} is no target`,
    hint: 'Write an operator (<, <=, >, >=, ==, !=) and a plain number in quotes, such as "<0.5"',
  });
}

interface Measure {
  metric: string;
  query: string;
  server: MetricsServer;
}

function measureOf(
  definition: NamedObject,
  from: { objective: JsonObject; at: string },
  context: EvaluationContext,
): Measure {
  const { objective, at } = from;
  const ownQuery = textAt(objective, ['query']);
  const reference = textAt(objective, ['keptnMetricRef', 'name']);
  if (reference === undefined && ownQuery !== undefined) {
    const provider = findProvider(definition, 'spec.source', context.lookup);
    const server = readProvider(provider, definition, context);
    return { metric: textAt(objective, ['name']) ?? 'objective', query: ownQuery, server };
  }
  if (reference === undefined) {
    throw fieldError(definition, `${at}.keptnMetricRef.name`, {
      code: 'KEPTN_FIELD',
      what: 'is missing',
      hint: 'Name the KeptnMetric that the objective is about',
    });
  }
  const namespace = textAt(objective, ['keptnMetricRef', 'namespace']) ?? definition.namespace;
  const metric = context.lookup.find(['KeptnMetric', 'Metric'], reference, namespace);
  if (metric === undefined) {
    throw fieldError(definition, `${at}.keptnMetricRef.name`, {
      code: 'KEPTN_MISSING',
      what: `names "${reference}", and the render has no KeptnMetric of that name`,
      hint: 'Add it to the chart, or correct the name',
    });
  }
  const query = textAt(metric.object, ['spec', 'query']);
  if (query === undefined) {
    throw fieldError(metric, 'spec.query', {
      code: 'KEPTN_FIELD',
      what: 'is missing',
      hint: 'Add the query',
    });
  }
  const provider = findProvider(metric, 'spec.provider.name', context.lookup);
  const server = readProvider(provider, metric, context);
  return { metric: reference, query: rangeQuery(metric, query, context.note), server };
}

function attemptsOf(definition: NamedObject): number {
  const value = valueAt(definition.object, ['spec', 'retries']);
  if (value === undefined || value === null) return DEFAULT_ATTEMPTS;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return Math.max(1, value);
  throw fieldError(definition, 'spec.retries', {
    code: 'KEPTN_FIELD',
    what: `${JSON.stringify(value)} is no whole number`,
    hint: 'Write the number of attempts, without quotes',
  });
}

function durationOf(definition: NamedObject, value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const ms = typeof value === 'string' ? parseGoDuration(value) : undefined;
  if (ms !== undefined) return ms;
  throw fieldError(definition, 'spec.retryInterval', {
    code: 'KEPTN_FIELD',
    what: `${JSON.stringify(value)} is no duration`,
    hint: 'Write it as 5s or 1m',
  });
}

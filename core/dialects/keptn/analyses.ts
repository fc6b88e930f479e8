/**
 * From an Analysis to a scored analysis. In Keptn it belongs to no phase and stops nothing; here it runs at the end of the
 * post-deployment phase and counts. Keptn tests an objective's failure first, then its warning; the criteria below say
 * the same: passed is neither, warned is not failed.
 */
import type { StagelineError } from '../../errors.ts';
import type { CheckSpec } from '../../plan.ts';
import { fieldError, isObject, listAt, recordAt, textAt, textsAt, valueAt } from './objects.ts';
import type { Json, JsonObject, NamedObject } from './objects.ts';
import type { EvaluationContext } from './evaluations.ts';
import { checkName } from './names.ts';
import { findProvider, readProvider } from './providers.ts';
import { parseQuantity } from './quantity.ts';

type AnalysisCheck = Extract<CheckSpec, { kind: 'analysis' }>;
type Criteria = string[][];

/** Either the check, or why this analysis is none of a delivery's. */
export type PlannedAnalysis = { spec: AnalysisCheck } | { notRun: string };

/** Compiles an Analysis. Errors: `KEPTN_MISSING`, `KEPTN_FIELD`, `KEPTN_PROVIDER`. */
export function compileAnalysis(analysis: NamedObject, context: EvaluationContext): PlannedAnalysis {
  const { object } = analysis;
  if (textAt(object, ['spec', 'timeframe', 'from']) !== undefined)
    return { notRun: 'its timeframe is fixed, so that it says nothing about this delivery' };
  const definition = findNamed(analysis, ['spec', 'analysisDefinition'], 'AnalysisDefinition', context);
  const args = textsAt(object, ['spec', 'args']);
  const objectives = listAt(definition.object, ['spec', 'objectives']).filter(isObject);
  const compiled: AnalysisCheck['objectives'] = [];
  for (const [index, objective] of objectives.entries()) {
    const made = compileObjective(definition, { objective, index, args }, context);
    if ('notRun' in made) return made;
    compiled.push({ ...made.objective, name: uniqueName(made.objective.name, compiled) });
  }
  if (compiled.length === 0)
    return { notRun: `its AnalysisDefinition "${definition.name}" has no objectives` };
  const score = recordAt(definition.object, ['spec', 'totalScore']);
  const { passPercentage: pass, warningPercentage: warning } = score;
  return {
    spec: {
      kind: 'analysis',
      objectives: compiled,
      totalScore: {
        ...(typeof pass === 'number' ? { pass } : {}),
        ...(typeof warning === 'number' ? { warning } : {}),
      },
    },
  };
}

function findNamed(
  user: NamedObject,
  path: string[],
  kind: string,
  context: EvaluationContext & { from?: Json },
): NamedObject {
  const reference = valueAt(context.from ?? user.object, path);
  const name = textAt(reference, ['name']);
  const namespace = textAt(reference, ['namespace']) ?? user.namespace;
  const found = name === undefined ? undefined : context.lookup.find([kind], name, namespace);
  if (found) return found;
  throw fieldError(user, `${path.join('.')}.name`, {
    code: 'KEPTN_MISSING',
    what: name === undefined ? 'is missing' : `names "${name}", and the render has no ${kind} of that name`,
    hint: `Add the ${kind} to the chart, or correct the name`,
  });
}

type Objective = AnalysisCheck['objectives'][number];

function compileObjective(
  definition: NamedObject,
  from: { objective: JsonObject; index: number; args: Record<string, string> },
  context: EvaluationContext,
): { objective: Objective } | { notRun: string } {
  const { objective, index } = from;
  const at = `spec.objectives[${index}]`;
  const template = findNamed(definition, ['analysisValueTemplateRef'], 'AnalysisValueTemplate', {
    ...context,
    from: objective,
  });
  const server = readProvider(
    findProvider(template, 'spec.provider.name', context.lookup),
    template,
    context,
  );
  if (server.secret !== undefined || server.insecureSkipVerify === true)
    return {
      notRun: `the provider of ${template.name} needs a Secret or takes any certificate, which an analysis cannot`,
    };
  const query = fillIn(template, textAt(template.object, ['spec', 'query']) ?? '', from.args);
  const criteria = criteriaOf(definition, recordAt(objective, ['target']), `${at}.target`);
  if (criteria === undefined)
    return { notRun: `${at}.target has a negative bound, which no criterion can say` };
  const { weight } = objective;
  return {
    objective: {
      name: checkName(template.name),
      query,
      prometheus: server.prometheus,
      ...criteria,
      ...(typeof weight === 'number' && weight > 0 ? { weight } : {}),
      ...(objective['keyObjective'] === true ? { key: true } : {}),
    },
  };
}

function uniqueName(name: string, taken: readonly Objective[]): string {
  const free = (candidate: string): boolean =>
    candidate !== 'score' && !taken.some((other) => other.name === candidate);
  if (free(name)) return name;
  let number = 2;
  while (!free(`${name}-${number}`)) number += 1;
  return `${name}-${number}`;
}

/** Puts arguments into a query. Of Go's templates only `{{.name}}` has a meaning here. Errors: `KEPTN_FIELD`. */
function fillIn(template: NamedObject, query: string, args: Record<string, string>): string {
  return query.replace(/\{\{-?\s*([\s\S]*?)\s*-?\}\}/g, (whole, inner: string) => {
    const name = /^\.([A-Za-z_][A-Za-z0-9_]*)$/.exec(inner)?.[1];
    const value = name === undefined ? undefined : args[name];
    if (value !== undefined) return value;
    throw fieldError(template, 'spec.query', {
      code: 'KEPTN_FIELD',
      what:
        name === undefined
          ? `has ${whole}, which is not read here`
          : `has ${whole}, and the Analysis gives no argument "${name}"`,
      hint:
        name === undefined
          ? 'Use {{.name}} with an argument of the Analysis'
          : 'Add it to spec.args of the Analysis',
    });
  });
}

/** Undefined for a bound that a criterion cannot say. */
function criteriaOf(
  definition: NamedObject,
  target: JsonObject,
  at: string,
): { pass: Criteria; warning?: Criteria } | undefined {
  const notFailed = notMet(definition, recordAt(target, ['failure']), `${at}.failure`);
  const notWarned = notMet(definition, recordAt(target, ['warning']), `${at}.warning`);
  const pass = notFailed.flatMap((set) => notWarned.map((other) => [...new Set([...set, ...other])]));
  const all = [...pass, ...notFailed].flat();
  if (all.some((criterion) => criterion.includes('-'))) return undefined;
  // Whatever the value: an objective without targets passes, and counts.
  const always: Criteria = [['>=0'], ['<0']];
  const passes = pass.every((set) => set.length === 0) ? always : pass;
  return Object.keys(recordAt(target, ['warning'])).length === 0
    ? { pass: passes }
    : { pass: passes, warning: notFailed.every((set) => set.length === 0) ? always : notFailed };
}

/** Sets of criteria of which one holds when the operator is not fulfilled; a set without criteria always holds. */
function notMet(definition: NamedObject, operator: JsonObject, at: string): Criteria {
  const given = Object.keys(operator).filter((key) => isObject(operator[key]));
  const [name] = given;
  if (name === undefined) return [[]];
  const negate = given.length === 1 ? NEGATIONS[name] : undefined;
  if (negate === undefined) {
    throw fieldError(definition, at, {
      code: 'KEPTN_FIELD',
      what: `has ${given.join(' and ')}`,
      hint: `Give it exactly one of ${Object.keys(NEGATIONS).join(', ')}`,
    });
  }
  return negate((bound) => {
    const value = parseQuantity(valueAt(operator, [name, bound]));
    if (value !== undefined) return plain(value);
    throw quantityError(definition, `${at}.${name}.${bound}`, valueAt(operator, [name, bound]));
  });
}

const NEGATIONS: Record<string, (bound: (field: string) => string) => Criteria> = {
  lessThan: (bound) => [[`>=${bound('fixedValue')}`]],
  lessThanOrEqual: (bound) => [[`>${bound('fixedValue')}`]],
  greaterThan: (bound) => [[`<=${bound('fixedValue')}`]],
  greaterThanOrEqual: (bound) => [[`<${bound('fixedValue')}`]],
  equalTo: (bound) => [[`<${bound('fixedValue')}`], [`>${bound('fixedValue')}`]],
  inRange: (bound) => [[`<${bound('lowBound')}`], [`>${bound('highBound')}`]],
  notInRange: (bound) => [[`>=${bound('lowBound')}`, `<=${bound('highBound')}`]],
};

/** Criteria take digits only. */
function plain(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(12).replace(/\.?0+$/, '') : text;
}

function quantityError(definition: NamedObject, field: string, value: Json | undefined): StagelineError {
  return fieldError(definition, field, {
    code: 'KEPTN_FIELD',
    what: value === undefined || value === null ? 'is missing' : `${JSON.stringify(value)} is no quantity`,
    hint: 'Write a number, or one with a suffix such as 500m',
  });
}

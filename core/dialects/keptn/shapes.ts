/**
 * The shapes of the fields that the dialect reads. Keptn's definitions had the API server refuse what does not fit; where
 * they are not installed nobody would, and a list that is none would be no checks at all.
 */
import { describeShape, fieldError, isObject, type Json, type NamedObject } from './objects.ts';
import { isKeptnResource } from './resources.ts';

type Shape = 'text' | 'texts' | 'list' | 'map';

const CONTEXT: Record<string, Shape> = {
  'spec.preDeploymentTasks': 'list',
  'spec.postDeploymentTasks': 'list',
  'spec.preDeploymentEvaluations': 'list',
  'spec.postDeploymentEvaluations': 'list',
  'spec.promotionTasks': 'list',
  'spec.metadata': 'map',
  'spec.spanLinks': 'list',
};

const FUNCTION: Record<string, Shape> = {
  'parameters.map': 'texts',
  'secureParameters.secret': 'text',
  cmdParameters: 'text',
  'functionRef.name': 'text',
  'inline.code': 'text',
  'configMapRef.name': 'text',
  'httpRef.url': 'text',
};

const SHAPES: Record<string, Record<string, Shape>> = {
  KeptnApp: { ...CONTEXT, 'spec.workloads': 'list' },
  KeptnAppContext: CONTEXT,
  KeptnTaskDefinition: {
    'spec.container.env': 'list',
    'spec.container.volumeMounts': 'list',
    'spec.serviceAccount.name': 'text',
    'spec.automountServiceAccountToken': 'map',
    'spec.imagePullSecrets': 'list',
    ...Object.fromEntries(
      ['deno', 'python', 'function'].flatMap((runtime) =>
        Object.entries(FUNCTION).map(([field, shape]) => [`spec.${runtime}.${field}`, shape]),
      ),
    ),
  },
  KeptnEvaluationDefinition: { 'spec.objectives': 'list' },
  KeptnMetric: { 'spec.query': 'text', 'spec.provider.name': 'text', 'spec.range': 'map' },
  KeptnMetricsProvider: { 'spec.type': 'text', 'spec.targetServer': 'text' },
  Analysis: { 'spec.args': 'texts', 'spec.analysisDefinition.name': 'text' },
  AnalysisDefinition: { 'spec.objectives': 'list' },
  AnalysisValueTemplate: { 'spec.query': 'text', 'spec.provider.name': 'text' },
};

/** Checks one object of a render. Fields that are absent or null are left out. Errors: `KEPTN_FIELD`. */
export function checkShapes(named: NamedObject): void {
  if (!isKeptnResource(named)) return;
  for (const [field, shape] of Object.entries(SHAPES[named.kind] ?? {})) checkField(named, field, shape);
}

function checkField(named: NamedObject, field: string, shape: Shape): void {
  const parts = field.split('.');
  let value: Json | undefined = named.object;
  for (const [depth, part] of parts.entries()) {
    if (value === undefined || value === null) return;
    if (!isObject(value)) throw wrong(named, parts.slice(0, depth).join('.'), { value, shape: 'map' });
    value = Object.hasOwn(value, part) ? value[part] : undefined;
  }
  if (value === undefined || value === null) return;
  if (!FITS[shape](value)) throw wrong(named, field, { value, shape });
  if (shape !== 'texts' || !isObject(value)) return;
  for (const [key, member] of Object.entries(value))
    if (typeof member !== 'string') throw wrong(named, `${field}.${key}`, { value: member, shape: 'text' });
}

const FITS: Record<Shape, (value: Json) => boolean> = {
  text: (value) => typeof value === 'string',
  texts: isObject,
  list: Array.isArray,
  map: isObject,
};

const CURES: Record<Shape, [name: string, hint: string]> = {
  text: ['text', 'Put it in quotes'],
  texts: ['mapping', 'Write it as key: "text"'],
  list: ['list', 'Write each entry on a line of its own, after a dash'],
  map: ['mapping', 'Write it as key: value'],
};

function wrong(named: NamedObject, field: string, found: { value: Json; shape: Shape }): Error {
  const [name, hint] = CURES[found.shape];
  return fieldError(named, field, {
    code: 'KEPTN_FIELD',
    what: `is ${describeShape(found.value)}, not a ${name}`,
    hint,
  });
}

/**
 * From a KeptnTaskDefinition to the pod of its task, as Keptn's operator makes it (lifecycle-operator,
 * controllers/lifecycle/keptntask). `spec.function`, up to v1beta1, is an older name of `spec.deno`.
 */
import { canonicalJson } from '../../canonical.ts';
import type { StagelineError } from '../../errors.ts';
import { parseGoDuration } from './go-values.ts';
import { isObject, fieldError, listAt, recordAt, textAt, textsAt, valueAt } from './objects.ts';
import type { JsonObject, NamedObject } from './objects.ts';
import { functionContainer, readFunction, type DefinitionContext } from './functions.ts';
import type { TaskPod } from './plan-part.ts';

export interface PlannedTask {
  image: string;
  timeoutMs: number;
  pod: TaskPod;
}

/** Keptn's default of `spec.retries`: further pods after one that failed. */
const DEFAULT_RETRIES = 10;
const DEFAULT_TIMEOUT_MS = 300_000;
/** Of an in-memory volume whose container has no memory limit; what Keptn's page says, its code writes one byte. */
const DEFAULT_VOLUME_SIZE = '1Gi';

const RUNTIMES = ['deno', 'function', 'python'] as const;

/** Compiles a task definition. Errors: `KEPTN_RUNTIME`, `KEPTN_FIELD`, and those of the function's source. */
export function compileTaskDefinition(definition: NamedObject, context: DefinitionContext): PlannedTask {
  const spec = recordAt(definition.object, ['spec']);
  const container = recordAt(spec, ['container']);
  const runtimes = RUNTIMES.filter((runtime) => Object.keys(recordAt(spec, [runtime])).length > 0);
  const given = [...(Object.keys(container).length > 0 ? ['container'] : []), ...runtimes];
  if (given.length !== 1) throw wrongRuntime(definition, spec, given);
  const common = commonPart(definition, spec, context.labels);
  if (given[0] === 'container') return { ...common, ...ownContainer(definition, container, common.pod) };
  const source = readFunction(definition, context);
  const { image, ...rest } = functionContainer(source, context);
  return { ...common, image, pod: { ...common.pod, ...rest } };
}

function wrongRuntime(definition: NamedObject, spec: JsonObject, given: readonly string[]): StagelineError {
  const others = Object.keys(spec).filter((key) => isObject(spec[key]) && !KNOWN_FIELDS.has(key));
  const what =
    given.length > 1
      ? `has ${given.join(' and ')}`
      : `has no runtime${others.length > 0 ? ` that is known (${others.join(', ')} is not)` : ''}`;
  return fieldError(definition, 'spec', {
    code: 'KEPTN_RUNTIME',
    what,
    hint: 'Give it exactly one of container, deno, python',
  });
}

const KNOWN_FIELDS = new Set(['serviceAccount', 'automountServiceAccountToken', 'container', ...RUNTIMES]);

function commonPart(
  definition: NamedObject,
  spec: JsonObject,
  labelSets: Record<string, string>[],
): { timeoutMs: number; pod: TaskPod } {
  const account = textAt(spec, ['serviceAccount', 'name']);
  const automount = valueAt(spec, ['automountServiceAccountToken', 'type']);
  const ttl = wholeNumber(definition, spec, 'ttlSecondsAfterFinished');
  const secrets = listAt(spec, ['imagePullSecrets']).filter(isObject);
  const labels = textsAt(definition.object, ['metadata', 'labels']);
  const annotations = Object.entries(textsAt(definition.object, ['metadata', 'annotations'])).filter(
    ([key]) => isCopied(key),
  );
  return {
    timeoutMs: timeoutOf(definition, spec),
    pod: {
      retries: wholeNumber(definition, spec, 'retries') ?? DEFAULT_RETRIES,
      container: {},
      ...(account === undefined ? {} : { serviceAccountName: account }),
      ...(typeof automount === 'boolean' ? { automountServiceAccountToken: automount } : {}),
      ...(ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl }),
      ...(secrets.length === 0 ? {} : { imagePullSecrets: secrets }),
      ...(Object.keys(labels).length === 0 ? {} : { labels: indexOf(labels, labelSets) }),
      ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    },
  };
}

function indexOf(labels: Record<string, string>, sets: Record<string, string>[]): number {
  const text = canonicalJson(labels);
  const known = sets.findIndex((set) => canonicalJson(set) === text);
  return known < 0 ? sets.push(labels) - 1 : known;
}

/** What tells Argo CD, Helm or kubectl about the definition says nothing about the task's Job, or something wrong. */
function isCopied(annotation: string): boolean {
  return !/^(argocd\.argoproj\.io|helm\.sh|meta\.helm\.sh|kubectl\.kubernetes\.io|stageline\.dev)\//.test(
    annotation,
  );
}

function timeoutOf(definition: NamedObject, spec: JsonObject): number {
  const text = valueAt(spec, ['timeout']);
  if (text === undefined || text === null || text === '') return DEFAULT_TIMEOUT_MS;
  const ms = typeof text === 'string' ? parseGoDuration(text) : undefined;
  if (ms === undefined) {
    throw fieldError(definition, 'spec.timeout', {
      code: 'KEPTN_FIELD',
      what: `"${String(text)}" is no duration`,
      hint: 'Write it as 30s, 5m or 1h30m',
    });
  }
  return ms === 0 ? DEFAULT_TIMEOUT_MS : ms;
}

function wholeNumber(definition: NamedObject, spec: JsonObject, field: string): number | undefined {
  const value = spec[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw fieldError(definition, `spec.${field}`, {
    code: 'KEPTN_FIELD',
    what: `${JSON.stringify(value)} is no whole number`,
    hint: 'Write a number from 0 on, without quotes',
  });
}

/** The definition's own container: Keptn adds `KEPTN_CONTEXT` to it, and one in-memory volume for its first mount. */
function ownContainer(
  definition: NamedObject,
  given: JsonObject,
  common: TaskPod,
): { image: string; pod: TaskPod } {
  const { image, ...container } = given;
  if (typeof image !== 'string' || image === '') {
    throw fieldError(definition, 'spec.container.image', {
      code: 'KEPTN_FIELD',
      what: 'is missing',
      hint: 'Name the image that the task runs',
    });
  }
  const mounts = listAt(container, ['volumeMounts']).map((mount) => textAt(mount, ['name']) ?? '');
  const [first] = mounts;
  const other = mounts.findIndex((name) => name !== first);
  if (other >= 0) {
    throw fieldError(definition, `spec.container.volumeMounts[${other}].name`, {
      code: 'KEPTN_FIELD',
      what: `"${mounts[other]}" names a second volume, and a task of Keptn has but one, an empty one in memory`,
      hint: `Mount "${first}" there too, with a subPath, or take the mount out`,
    });
  }
  const limit = valueAt(container, ['resources', 'limits', 'memory']);
  const sizeLimit = typeof limit === 'string' || typeof limit === 'number' ? limit : DEFAULT_VOLUME_SIZE;
  return {
    image,
    pod: {
      ...common,
      container,
      ...(first === undefined
        ? {}
        : { volumes: [{ name: first, emptyDir: { medium: 'Memory', sizeLimit } }] }),
    },
  };
}

/**
 * What the API server refuses to store, in its words: wrong types (400), bad names, labels and keys, missing fields,
 * sizes and changes of immutable fields (422). Covers what Stageline's objects and its examples can get wrong.
 */
import { badRequest, invalid, type FieldError } from './errors.ts';
import { bytes, checkLabels, recordAt, tooLong, wrong } from './field-errors.ts';
import { isRecord, sameJson, valueAt } from './json.ts';
import {
  checkConfigKey,
  checkLabel,
  checkPathSegment,
  checkQualifiedName,
  checkServiceName,
  checkSubdomain,
} from './names.ts';
import { checkPods } from './pod-validation.ts';
import { groupOf, type ResourceType } from './resources.ts';
import { schemaOf } from './schemas.ts';
import type { KubeObject } from './types.ts';

/** 1 MiB over all values of a ConfigMap or Secret (k8s.io/api core/v1 `MaxSecretSize`). */
const maxDataBytes = 1024 * 1024;
/** 256 KiB over all annotations of an object (apimachinery `TotalAnnotationSizeLimitB`). */
const maxAnnotationBytes = 256 * 1024;
const maxCronJobName = 52;

/** Throws 400 for values of the wrong type and 422 for everything else that Kubernetes would not store. */
export function validate(object: KubeObject, type: ResourceType | undefined, live?: KubeObject): void {
  if (type !== undefined) checkTypes(object);
  const causes = [
    ...checkName(object),
    ...checkMetadata(object),
    ...checkData(object),
    ...checkPods(object),
    ...(live === undefined ? [] : checkImmutable(object, live)),
  ];
  if (causes.length > 0)
    throw invalid({ group: groupOf(object), kind: object.kind }, object.metadata.name, causes);
}

function checkTypes(object: KubeObject): void {
  const parsed = schemaOf(object.kind).safeParse(object);
  if (parsed.success) return;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  const version = object.apiVersion.split('/').at(-1);
  throw badRequest(
    `${object.kind} in version "${version}" cannot be handled as a ${object.kind}: ${where}: ${issue?.message ?? 'wrong type'}`,
  );
}

const nameRules: Readonly<Record<string, (name: string) => string[]>> = {
  Namespace: checkLabel,
  Service: checkServiceName,
  Role: checkPathSegment,
  RoleBinding: checkPathSegment,
  ClusterRole: checkPathSegment,
  ClusterRoleBinding: checkPathSegment,
};

function checkName(object: KubeObject): FieldError[] {
  const name = object.metadata.name;
  const rule = nameRules[object.kind] ?? checkSubdomain;
  const complaints = rule(name);
  if (object.kind === 'CronJob' && name.length > maxCronJobName) {
    complaints.push(`must be no more than ${maxCronJobName} bytes`);
  }
  return complaints.map((why) => wrong('metadata.name', name, why));
}

function checkMetadata(object: KubeObject): FieldError[] {
  const { labels = {}, annotations = {} } = object.metadata;
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + bytes(key) + bytes(value), 0);
  return [
    ...checkLabels(labels, 'metadata.labels'),
    ...Object.keys(annotations).flatMap((key) =>
      checkQualifiedName(key.toLowerCase()).map((why) => wrong('metadata.annotations', key, why)),
    ),
    ...(size > maxAnnotationBytes
      ? [tooLong('metadata.annotations', `may not be more than ${maxAnnotationBytes} bytes`)]
      : []),
  ];
}

function checkData(object: KubeObject): FieldError[] {
  if (object.kind !== 'ConfigMap' && object.kind !== 'Secret') return [];
  const maps = ['data', 'binaryData'].map((field) => ({ field, values: recordAt(object, [field]) }));
  const encoded = (field: string) => object.kind === 'Secret' || field === 'binaryData';
  let size = 0;
  const causes: FieldError[] = [];
  for (const { field, values } of maps) {
    for (const [key, value] of Object.entries(values)) {
      causes.push(...checkConfigKey(key).map((why) => wrong(`${field}[${key}]`, key, why)));
      size += encoded(field) ? Buffer.from(String(value), 'base64').length : bytes(String(value));
    }
  }
  if (size > maxDataBytes) {
    const field = object.kind === 'Secret' ? 'data' : '[]';
    causes.push(tooLong(field, `may not be more than ${maxDataBytes} bytes`));
  }
  return causes;
}

/** Kind to the paths that may not change once the object exists. */
const immutableFields: Readonly<Record<string, readonly string[][]>> = {
  Job: [
    ['spec', 'completions'],
    ['spec', 'selector'],
    ['spec', 'template'],
    ['spec', 'completionMode'],
  ],
  Deployment: [['spec', 'selector']],
  ReplicaSet: [['spec', 'selector']],
  RoleBinding: [['roleRef']],
  ClusterRoleBinding: [['roleRef']],
  Secret: [['type']],
};

function checkImmutable(object: KubeObject, live: KubeObject): FieldError[] {
  const causes: FieldError[] = [];
  for (const path of immutableFields[object.kind] ?? []) {
    const value = comparable(object, path, live);
    if (sameJson(value, comparable(live, path, live))) continue;
    causes.push({
      reason: 'FieldValueInvalid',
      field: path.join('.'),
      message: `Invalid value: ${JSON.stringify(value) ?? 'null'}: field is immutable`,
    });
  }
  if (live['immutable'] === true && (object.kind === 'ConfigMap' || object.kind === 'Secret')) {
    for (const field of ['data', 'binaryData'].filter(
      (name) => !sameJson(object[name] ?? {}, live[name] ?? {}),
    )) {
      causes.push({
        reason: 'FieldValueForbidden',
        field,
        message: 'Forbidden: field is immutable when `immutable` is set',
      });
    }
  }
  return [...causes, ...checkNewFinalizers(object, live)];
}

/** A suspended Job that never started may change how its Pods are placed (KEP-2926): those fields do not count. */
function comparable(object: KubeObject, path: readonly string[], live: KubeObject): unknown {
  const value = valueAt(object, path);
  const placeable =
    object.kind === 'Job' &&
    path.at(-1) === 'template' &&
    valueAt(live, ['spec', 'suspend']) === true &&
    valueAt(live, ['status', 'startTime']) === undefined;
  if (!placeable || !isRecord(value)) return value;
  const {
    nodeSelector: _selector,
    affinity: _affinity,
    tolerations: _tolerations,
    ...spec
  } = recordAt(value, ['spec']);
  return { spec };
}

function checkNewFinalizers(object: KubeObject, live: KubeObject): FieldError[] {
  if (live.metadata.deletionTimestamp === undefined) return [];
  const before = live.metadata.finalizers ?? [];
  const added = (object.metadata.finalizers ?? []).filter((name) => !before.includes(name));
  if (added.length === 0) return [];
  const list = added.map((name) => `"${name}"`).join(', ');
  return [
    {
      reason: 'FieldValueForbidden',
      field: 'metadata.finalizers',
      message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
    },
  ];
}

/** A container's environment after Kubernetes' rules: envFrom, env, references and `$(NAME)` expansion. */
import type { ObjectStore } from '../kube/index.ts';
import { configMapSchema, secretSchema, type Container, type Pod } from '../kube/schemas.ts';

/** Why a container cannot be started now; it waits and is tried again when ConfigMaps or Secrets change. */
export interface ConfigProblem {
  problem: string;
}

type Values = Record<string, string>;
type EnvEntry = NonNullable<Container['env']>[number];

/** The container's own variables, in order of definition; or the first thing that is missing, in the kubelet's words. */
export function containerEnvironment(
  store: ObjectStore,
  pod: Pod,
  container: Container,
): { env: Values } | ConfigProblem {
  const env: Values = {};
  for (const source of container.envFrom ?? []) {
    const found =
      source.secretRef === undefined
        ? dataOf(store, pod, 'ConfigMap', source.configMapRef)
        : dataOf(store, pod, 'Secret', source.secretRef);
    if ('problem' in found) return found;
    for (const [key, value] of Object.entries(found.data))
      env[`${source.prefix ?? ''}${key}`] = value.toString();
  }
  for (const entry of container.env ?? []) {
    const resolved = valueOf(store, pod, entry, env);
    if ('problem' in resolved) return resolved;
    if (resolved.value !== undefined) env[entry.name] = resolved.value;
  }
  return { env };
}

/** Replaces `$(NAME)` by the variable's value; `$$(NAME)` stays as `$(NAME)`, an unknown one as it is. */
export function expand(text: string, env: Values): string {
  return text.replace(/\$\$|\$\(([^()]+)\)/g, (match, name: string | undefined) => {
    if (name === undefined) return '$';
    return env[name] ?? match;
  });
}

/** A downward API field of the Pod, or undefined for a path that is not supported. */
export function podField(pod: Pod, path: string): string | undefined {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (keyed !== null) {
    const [, map, key = ''] = keyed;
    return (map === 'labels' ? metadata.labels : metadata.annotations)?.[key] ?? '';
  }
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName ?? 'default',
    'status.podIP': '127.0.0.1',
    'status.hostIP': '127.0.0.1',
  };
  return fields[path];
}

function valueOf(
  store: ObjectStore,
  pod: Pod,
  entry: EnvEntry,
  env: Values,
): { value: string | undefined } | ConfigProblem {
  const from = entry.valueFrom;
  if (from === undefined) return { value: expand(entry.value ?? '', env) };
  if (from.secretKeyRef !== undefined) return keyOf(store, pod, 'Secret', from.secretKeyRef);
  if (from.configMapKeyRef !== undefined) return keyOf(store, pod, 'ConfigMap', from.configMapKeyRef);
  if (from.fieldRef !== undefined) {
    const value = podField(pod, from.fieldRef.fieldPath);
    return value === undefined ? { problem: `unsupported fieldPath: ${from.fieldRef.fieldPath}` } : { value };
  }
  return {
    problem: `env ${entry.name}: the stand-in cluster has no such source: ${Object.keys(from).join(', ')}`,
  };
}

type DataKind = 'Secret' | 'ConfigMap';

function keyOf(
  store: ObjectStore,
  pod: Pod,
  kind: DataKind,
  ref: { name: string; key: string; optional?: boolean | undefined },
): { value: string | undefined } | ConfigProblem {
  const found = dataOf(store, pod, kind, ref);
  if ('problem' in found) return found;
  const value = found.data[ref.key]?.toString();
  if (value !== undefined || ref.optional === true) return { value };
  return { problem: `couldn't find key ${ref.key} in ${kind} ${pod.metadata.namespace}/${ref.name}` };
}

/** The decoded values of a Secret or ConfigMap of the Pod's namespace; empty for an optional one that is not there. */
export function dataOf(
  store: ObjectStore,
  pod: Pod,
  kind: DataKind,
  ref: { name: string; optional?: boolean | undefined } | undefined,
): { data: Record<string, Buffer> } | ConfigProblem {
  if (ref === undefined) return { data: {} };
  const namespace = pod.metadata.namespace ?? '';
  const object = store.get({ group: '', kind, namespace, name: ref.name });
  if (object === undefined) {
    return ref.optional === true
      ? { data: {} }
      : { problem: `${kind.toLowerCase()} "${ref.name}" not found` };
  }
  if (kind === 'Secret') return { data: decoded(secretSchema.parse(object).data, 'base64') };
  const { data, binaryData } = configMapSchema.parse(object);
  return { data: { ...decoded(data, 'utf8'), ...decoded(binaryData, 'base64') } };
}

function decoded(values: Values | undefined, encoding: 'utf8' | 'base64'): Record<string, Buffer> {
  return Object.fromEntries(
    Object.entries(values ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding)]),
  );
}

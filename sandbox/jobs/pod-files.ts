/**
 * A Pod's volumes as folders. A process cannot mount, so each volume is written into the Pod's own temporary folder,
 * and every mount path that starts a path in the container's command, arguments and environment values is replaced
 * by that folder. A program that opens a mount path it was not told of does not find it: that is the limit.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { ObjectStore } from '../kube/index.ts';
import type { Container, Pod, Volume } from '../kube/schemas.ts';
import { dataOf, podField, type ConfigProblem } from './pod-environment.ts';

export interface PodFilesOptions {
  store: ObjectStore;
  pod: Pod;
  /** The Pod's own folder. */
  folder: string;
  /** The token of the Pod's service account; undefined where no API is served. */
  token: string | undefined;
}

type Files = Record<string, string | Buffer>;
type Items = { key: string; path: string }[] | undefined;
type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number];

/** Writes all volumes under `<folder>/volumes/<name>`; or says what is missing, in the kubelet's words. */
export async function writeVolumes(options: PodFilesOptions): Promise<{ written: true } | ConfigProblem> {
  for (const volume of options.pod.spec.volumes ?? []) {
    const found = volumeFiles(options, volume);
    if ('problem' in found) return found;
    const folder = join(options.folder, 'volumes', volume.name);
    await mkdir(folder, { recursive: true });
    for (const [path, content] of Object.entries(found.files)) {
      const file = join(folder, normalize(`/${path}`));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content, { mode: 0o600 });
    }
  }
  return { written: true };
}

/** Mount path to local path, for one container. */
export function mountsOf(container: Container, folder: string): Map<string, string> {
  return new Map(
    (container.volumeMounts ?? []).map((mount) => [
      mount.mountPath.replace(/\/+$/, ''),
      join(folder, 'volumes', mount.name, normalize(`/${mount.subPath ?? ''}`)),
    ]),
  );
}

/** The text with every mount path replaced where a path begins; longer mount paths go first. */
export function rewriteMounts(text: string, mounts: ReadonlyMap<string, string>): string {
  const byLength = [...mounts].sort(([a], [b]) => b.length - a.length).filter(([path]) => path !== '');
  if (byLength.length === 0) return text;
  const paths = byLength.map(([path]) => path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  const pattern = new RegExp(`(^|[^\\w./-]|file://)(${paths})(?![\\w.-])`, 'g');
  return text.replace(pattern, (_match, before: string, path: string) => before + (mounts.get(path) ?? path));
}

function volumeFiles(options: PodFilesOptions, volume: Volume): { files: Files } | ConfigProblem {
  if (volume.configMap !== undefined) return dataFiles(options, 'ConfigMap', volume.configMap);
  if (volume.secret !== undefined) {
    return dataFiles(options, 'Secret', { ...volume.secret, name: volume.secret.secretName });
  }
  if (volume.projected !== undefined) return projectedFiles(options, volume.projected.sources ?? []);
  if (volume.downwardAPI !== undefined) return downwardFiles(options.pod, volume.downwardAPI);
  if (volume.emptyDir !== undefined || Object.keys(volume).length === 1) return { files: {} };
  const kind = Object.keys(volume).find((key) => key !== 'name');
  return { problem: `volume "${volume.name}": the stand-in cluster has no volumes of kind ${kind}` };
}

function projectedFiles(
  options: PodFilesOptions,
  sources: readonly Projection[],
): { files: Files } | ConfigProblem {
  const files: Files = {};
  for (const source of sources) {
    const found = projectionFiles(options, source);
    if ('problem' in found) return found;
    Object.assign(files, found.files);
  }
  return { files };
}

function projectionFiles(options: PodFilesOptions, source: Projection): { files: Files } | ConfigProblem {
  if (source.configMap !== undefined) return dataFiles(options, 'ConfigMap', source.configMap);
  if (source.secret !== undefined) return dataFiles(options, 'Secret', source.secret);
  if (source.serviceAccountToken !== undefined)
    return { files: { [source.serviceAccountToken.path]: options.token ?? '' } };
  return downwardFiles(options.pod, source.downwardAPI);
}

function dataFiles(
  options: PodFilesOptions,
  kind: 'Secret' | 'ConfigMap',
  ref: { name: string; items?: Items; optional?: boolean | undefined },
): { files: Files } | ConfigProblem {
  const found = dataOf(options.store, options.pod, kind, ref);
  if ('problem' in found) return found;
  if (ref.items === undefined) return { files: found.data };
  const missing = ref.items.find(({ key }) => !(key in found.data));
  if (missing !== undefined && ref.optional !== true) {
    return {
      problem: `${kind.toLowerCase()} references non-existent ${kind === 'Secret' ? 'secret' : 'config'} key: ${missing.key}`,
    };
  }
  return { files: Object.fromEntries(ref.items.map(({ key, path }) => [path, found.data[key] ?? ''])) };
}

function downwardFiles(pod: Pod, source: Volume['downwardAPI']): { files: Files } | ConfigProblem {
  const files: Files = {};
  for (const { path, fieldRef } of source?.items ?? []) {
    const value = podField(pod, fieldRef?.fieldPath ?? '');
    if (value === undefined) return { problem: `unsupported fieldPath: ${fieldRef?.fieldPath ?? '(none)'}` };
    files[path] = value;
  }
  return { files };
}

/** What there is of the CronJob that does what is due, in its own namespace. */
import type { Cluster } from './cluster.ts';
import { KINDS, unlessForbidden } from './kinds.ts';
import type { CronJob } from './objects.ts';

export interface DueFacts {
  cronJob: CronJob | undefined;
  /** Those that it looks after. */
  namespaces: string[];
  /** Of the Secret with Git's credentials; undefined if it is not there. */
  secretKeys: string[] | undefined;
  /** It is said where the credentials may be used. */
  hasAddresses: boolean;
}

/** As manifests/due names them. */
export const DUE_NAMESPACE = 'stageline';
export const DUE_ACCOUNT = 'stageline-due';
export const DUE_SECRET = 'stageline-due-git';

/** Errors: KubeError; what this user may not read counts as not there. */
export async function readDue(cluster: Cluster): Promise<DueFacts> {
  const get = async <T>(kind: Parameters<typeof cluster.get<T>>[0], name: string): Promise<T | undefined> =>
    unlessForbidden(() => cluster.get(kind, DUE_NAMESPACE, name));
  const settings = (await get(KINDS.configMaps, 'stageline-due'))?.data ?? {};
  const secret = await get(KINDS.secrets, DUE_SECRET);
  return {
    cronJob: await get(KINDS.cronJobs, 'stageline-due'),
    namespaces: (settings['STAGELINE_NAMESPACES'] ?? '').split(/[\s,]+/).filter((name) => name !== ''),
    secretKeys: secret === undefined ? undefined : Object.keys(secret.data ?? {}),
    hasAddresses: (settings['STAGELINE_GIT_ADDRESSES'] ?? '').trim() !== '',
  };
}

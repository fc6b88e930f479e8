/** What every part of the stand-in's node and controllers shares. */
import type { KubeApi, ObjectStore } from '../kube/index.ts';
import type { Docker } from './docker.ts';
import type { Programs } from './programs.ts';
import type { Timings } from './timings.ts';

/** The proxy that resolves Service names: one address, or one for each namespace that a process runs in. */
export type ProxyAddress = string | ((namespace: string) => string | Promise<string>);

export interface Host {
  store: ObjectStore;
  programs: Programs;
  docker: Docker;
  /** Gives processes their kubeconfig; without it they get none. */
  kubeApi: Pick<KubeApi, 'kubeconfig' | 'token'> | undefined;
  /** For processes started from now on. */
  proxy: ProxyAddress | undefined;
  /** Where copies of all logs go, `<namespace>_<pod>_<container>.log`; nowhere if undefined. */
  logsDir: string | undefined;
  /** Holds one folder a Pod. */
  root: string;
  timings: Timings;
  now: () => Date;
  onError: (error: unknown) => void;
}

/** The kinds that are run here. */
export const podKind = { group: '', kind: 'Pod' } as const;
export const jobKind = { group: 'batch', kind: 'Job' } as const;
export const deploymentKind = { group: 'apps', kind: 'Deployment' } as const;
export const replicaSetKind = { group: 'apps', kind: 'ReplicaSet' } as const;

/** Why something has no place on this machine; the reason that Pods and Jobs carry for it. */
export const cannotRunHere = 'ErrCannotRunHere';

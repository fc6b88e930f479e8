/** What the stand-in for Argo CD needs, and what it offers to those who run it. */
import type { KubeObject, ObjectStore } from '../../kube/types.ts';
import type { Application, ApplicationKey } from './application.ts';
import type { CommitMetadata } from './commit-metadata.ts';
import type { ManagedResource } from './compare.ts';
import type { PluginOptions } from './render.ts';
import type { RollbackOptions, SyncOptions } from './requests.ts';
import type { ResourceTree } from './resource-tree.ts';

export interface ArgoCdIntervals {
  /** How often Git is asked for new commits; 0 asks only on refresh and webhook. Default 3 s. */
  pollMs?: number;
  /** How often everything is compared although nothing happened. Default 180 s. */
  resyncMs?: number;
  /** Pause between sync waves (Argo CD: 2 s). Default 100 ms. */
  waveDelayMs?: number;
  /** How long a running operation goes unlooked at when nothing happens. Default 5 s. */
  tickMs?: number;
  /** First wait between self-heal attempts (Argo CD: 2 s). Default 2 s. */
  selfHealBackoffMs?: number;
  /** Time to gather changes that come together. Default 20 ms. */
  debounceMs?: number;
  /** Backoff of automated syncs whose Application names none (Argo CD: 5 s, at most 3 m). */
  retryBackoff?: { duration: string; factor: number; maxDuration: string };
}

export interface ArgoCdOptions {
  store: ObjectStore;
  /** Applications to create, or to bring to this spec if they exist. */
  applications?: KubeObject[];
  plugin: PluginOptions;
  /** Private folder for checkouts and render copies. */
  workDir: string;
  intervals?: ArgoCdIntervals;
  now?: () => Date;
  log?: (message: string) => void;
  /** Namespace of Argo CD itself. Default `argocd`. */
  namespace?: string;
  kubeVersion?: string;
  apiVersions?: string[];
  /** Judge Jobs rightly after a resume, as Stageline's manifests have Argo CD do. Default false. */
  jobHealthOverride?: boolean;
  /** Renders at once. Default 2. */
  parallelism?: number;
}

/** An application by name (in Argo CD's own namespace) or by namespace and name. */
export type ApplicationName = string | ApplicationKey;

export interface ArgoCd {
  readonly namespace: string;
  readonly store: ObjectStore;
  application(name: ApplicationName): Application | undefined;
  applications(): Application[];
  /** Compares again with Git's present state; `hard` renders again although nothing changed. */
  refresh(name: ApplicationName, options?: { hard?: boolean }): void;
  /** Says that a repository has new commits; without a URL, all of them. */
  webhook(repoURL?: string): void;
  /** Starts a sync as a user does. Throws {@link ArgoCdError}. */
  sync(name: ApplicationName, options?: SyncOptions): Application;
  rollback(name: ApplicationName, options: RollbackOptions): Application;
  /** Terminates the running operation. Throws {@link ArgoCdError} when there is none. */
  terminate(name: ApplicationName): void;
  tree(name: ApplicationName): ResourceTree;
  managedResources(name: ApplicationName): ManagedResource[];
  /** What the application renders to at a revision, tracking annotation included. */
  manifests(name: ApplicationName, revision?: string): Promise<KubeObject[]>;
  commitMetadata(name: ApplicationName, revision: string): Promise<CommitMetadata>;
  /** Calls back when an application or its tree may have changed; returns the function that stops it. */
  onChange(listener: (key: ApplicationKey) => void): () => void;
  /** Resolves when nothing is left to do until something happens; running hooks count as waiting. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

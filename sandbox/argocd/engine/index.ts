/** The stand-in for Argo CD's controller and repo server. */
export { startArgoCd } from './engine.ts';
export { ArgoCdError } from './argo-error.ts';
export type { ApplicationName, ArgoCd, ArgoCdIntervals, ArgoCdOptions } from './options.ts';
export type {
  Application,
  ApplicationKey,
  ApplicationSource,
  ApplicationStatus,
  OperationState,
  ResourceResult,
  ResourceStatus,
} from './application.ts';
export type { GrpcCode } from './argo-error.ts';
export type { CommitMetadata } from './commit-metadata.ts';
export type { ManagedResource } from './compare.ts';
export type { Health, HealthCode } from './health.ts';
export type { PluginOptions } from './render.ts';
export type { RenderContext } from './plugin-environment.ts';
export type { RollbackOptions, SyncOptions } from './requests.ts';
export type { ResourceTree, TreeNode } from './resource-tree.ts';

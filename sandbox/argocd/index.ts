/** Stand-in for Argo CD: the engine that renders and syncs, and the slice of the HTTP API that tabs and users call. */
export { startArgoCd } from './engine/index.ts';
export type {
  Application,
  ApplicationKey,
  ApplicationName,
  ApplicationStatus,
  ArgoCd,
  ArgoCdIntervals,
  ArgoCdOptions,
  CommitMetadata,
  Health,
  HealthCode,
  ManagedResource,
  OperationState,
  PluginOptions,
  ResourceResult,
  ResourceStatus,
  ResourceTree,
  RollbackOptions,
  SyncOptions,
  TreeNode,
} from './engine/index.ts';
export { sessionCookie, startArgoCdApi } from './api/index.ts';
export type {
  ArgoCdApi,
  ArgoCdApiOptions,
  ExtensionBackend,
  LocalUser,
  PageRequest,
  PageSource,
} from './api/index.ts';

/** The stand-in cluster: its object store and the Kubernetes API over it. */
export { createObjectStore, type StoreOptions } from './store.ts';
export { mergeApplied, lastAppliedAnnotation } from './apply.ts';
export { startKubeApi, type ApiCall, type KubeApi, type KubeApiOptions } from './server.ts';
export type { Fault } from './faults.ts';
export type { ServiceAccountRef } from './access.ts';
export { KubeApiError, type Status } from './errors.ts';
export { keyOf, refOf } from './refs.ts';
export { hasLabels } from './selectors.ts';
export { isRecord, sortedJson, valueAt, type JsonRecord } from './json.ts';
export type { ContainerLog, LogLine, PodLogSource } from './pod-log.ts';
export type {
  DeleteOptions,
  KubeObject,
  ObjectMeta,
  ObjectRef,
  ObjectStore,
  OwnerReference,
  WatchEvent,
} from './types.ts';

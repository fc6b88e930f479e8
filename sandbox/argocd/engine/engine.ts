/**
 * A stand-in for Argo CD's application controller and repo server. It keeps Argo CD's behaviour towards
 * plugins, hooks, syncs and status as Stageline's documentation lists it, and nothing else of Argo CD.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject, WatchEvent } from '../../kube/types.ts';
import {
  APPLICATION_API_VERSION,
  APPLICATION_GROUP,
  instanceName,
  keyOf,
  readApplication,
  REFRESH_ANNOTATION,
} from './application.ts';
import type { Application, ApplicationKey } from './application.ts';
import { changeStatus, editApplication, setOperation } from './application-store.ts';
import { announcedVersions } from './api-versions.ts';
import { ArgoCdError } from './argo-error.ts';
import { ClusterCache } from './cluster-cache.ts';
import { readCommitMetadata } from './commit-metadata.ts';
import { createController } from './controller.ts';
import { isHook } from './hooks.ts';
import { stableJson } from './json.ts';
import type { ApplicationName, ArgoCd, ArgoCdOptions } from './options.ts';
import { pollRepositories } from './poller.ts';
import { createRenderer } from './render.ts';
import { openRepositories } from './repository.ts';
import { rollbackOperation, syncOperation } from './requests.ts';
import { buildTree } from './resource-tree.ts';

/** Starts the stand-in on a store. Throws when the work folder cannot be made. */
export async function startArgoCd(options: ArgoCdOptions): Promise<ArgoCd> {
  const { store } = options;
  const namespace = options.namespace ?? 'argocd';
  const intervals = options.intervals ?? {};
  const now = options.now ?? (() => new Date());
  const log = options.log ?? (() => undefined);
  const health = { jobHealthOverride: options.jobHealthOverride ?? false };
  const workDir = join(options.workDir, 'argocd');
  await mkdir(workDir, { recursive: true });
  const repositories = await openRepositories(workDir);
  const renderer = createRenderer({
    repositories,
    plugin: options.plugin,
    now,
    log,
    parallelism: options.parallelism ?? 2,
  });
  const cache = new ClusterCache();
  const listeners = new Set<(key: ApplicationKey) => void>();
  const lastSeen = new Map<string, { spec: string; asked: string | undefined }>();
  const controller = createController({
    store,
    cache,
    repositories,
    renderer,
    namespace,
    kubeVersion: options.kubeVersion ?? '1.34',
    apiVersions: () => options.apiVersions ?? announcedVersions(store),
    health,
    now,
    log,
    changed: announce,
    timing: {
      debounceMs: intervals.debounceMs ?? 20,
      waveDelayMs: intervals.waveDelayMs ?? 100,
      tickMs: intervals.tickMs ?? 5000,
      selfHealBackoffMs: intervals.selfHealBackoffMs ?? 2000,
    },
    defaultRetry: {
      limit: 5,
      backoff: intervals.retryBackoff ?? { duration: '5s', factor: 2, maxDuration: '3m0s' },
    },
  });
  const stopFollowing = cache.follow(store, ({ event, instance }) => {
    if (isApplication(event.object)) applicationChanged(event);
    if (instance === undefined) return;
    const key = keyOfInstance(instance);
    const managed = !event.object.metadata.ownerReferences?.length && !isHook(event.object);
    controller.queue(key, { refresh: managed ? 'recent' : 'none', operation: true });
  });
  for (const application of options.applications ?? []) store.apply(application);
  for (const application of applications())
    controller.queue(keyOf(application), { refresh: 'latest', operation: true });
  const poller = pollRepositories({
    repositories,
    applications,
    pollMs: intervals.pollMs ?? 3000,
    resyncMs: intervals.resyncMs ?? 180_000,
    refresh: (key) => controller.queue(key, { refresh: 'latest', operation: false }),
    log,
  });

  function announce(key: ApplicationKey): void {
    for (const listener of listeners) listener(key);
  }

  function applicationChanged(event: WatchEvent): void {
    const key = keyOf(event.object);
    const id = `${key.namespace}/${key.name}`;
    if (event.type === 'DELETED') {
      lastSeen.delete(id);
      controller.forget(key);
      announce(key);
      return;
    }
    const asked = event.object.metadata.annotations?.[REFRESH_ANNOTATION];
    const seen = { spec: stableJson([event.object['spec'], event.object.metadata.deletionTimestamp]), asked };
    const before = lastSeen.get(id);
    lastSeen.set(id, seen);
    const newlyAsked = asked !== undefined && asked !== before?.asked;
    const refresh =
      newlyAsked && asked === 'hard' ? 'hard' : newlyAsked || seen.spec !== before?.spec ? 'latest' : 'none';
    const operation = event.object['operation'] !== undefined;
    if (newlyAsked) repositories.forget();
    if (refresh !== 'none' || operation) controller.queue(key, { refresh, operation });
    announce(key);
  }

  function applications(): Application[] {
    return store
      .list({ group: APPLICATION_GROUP, kind: 'Application' })
      .flatMap((object) => readApplication(store, keyOf(object)) ?? []);
  }

  function keyFor(name: ApplicationName): ApplicationKey {
    return typeof name === 'string' ? { namespace, name } : name;
  }

  function keyOfInstance(instance: string): ApplicationKey {
    const [prefix = '', ...rest] = instance.split('_');
    return rest.length > 0 ? { namespace: prefix, name: rest.join('_') } : { namespace, name: instance };
  }

  function expect(name: ApplicationName): { key: ApplicationKey; application: Application } {
    const key = keyFor(name);
    const application = readApplication(store, key);
    if (!application) throw new ArgoCdError('NotFound', `applications.argoproj.io "${key.name}" not found`);
    return { key, application };
  }

  return {
    namespace,
    store,
    application: (name) => readApplication(store, keyFor(name)),
    applications,
    refresh(name, { hard = false } = {}) {
      const { key } = expect(name);
      editApplication(store, key, (object) => {
        const annotations = {
          ...object.metadata.annotations,
          [REFRESH_ANNOTATION]: hard ? 'hard' : 'normal',
        };
        return { ...object, metadata: { ...object.metadata, annotations } };
      });
    },
    webhook(repoURL) {
      repositories.forget(repoURL);
      for (const application of applications()) {
        if (repoURL !== undefined && application.spec.source.repoURL !== repoURL) continue;
        controller.queue(keyOf(application), { refresh: 'latest', operation: false });
      }
    },
    sync(name, asked = {}) {
      const { key, application } = expect(name);
      repositories.forget(application.spec.source.repoURL);
      return setOperation(store, key, syncOperation(application, asked));
    },
    rollback(name, asked) {
      const { key, application } = expect(name);
      return setOperation(store, key, rollbackOperation(application, asked));
    },
    terminate(name) {
      const { key, application } = expect(name);
      if (!application.operation || !application.status?.operationState) {
        throw new ArgoCdError(
          'InvalidArgument',
          'Unable to terminate operation. No operation is in progress',
        );
      }
      changeStatus(store, key, (status) =>
        status.operationState
          ? {
              ...status,
              operationState: {
                ...status.operationState,
                phase: 'Terminating',
                message: 'operation is terminating.',
              },
            }
          : status,
      );
      controller.queue(key, { refresh: 'none', operation: true });
    },
    tree: (name) =>
      buildTree({
        instance: instanceName(keyFor(name), namespace),
        cache,
        comparison: controller.comparison(keyFor(name)),
        health,
      }),
    managedResources: (name) => controller.comparison(keyFor(name))?.managed ?? [],
    async manifests(name, revision) {
      const { application } = expect(name);
      const { source } = application.spec;
      const comparison = await controller.render(
        application,
        source,
        revision ?? source.targetRevision ?? '',
      );
      return [...comparison.managed.flatMap(({ target }) => target ?? []), ...comparison.hooks];
    },
    async commitMetadata(name, revision) {
      const { application } = expect(name);
      return readCommitMetadata(repositories, application.spec.source.repoURL, revision);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    idle: () => controller.idle(),
    async close() {
      stopFollowing();
      await poller.close();
      await controller.close();
    },
  };
}

function isApplication(object: KubeObject): boolean {
  return object.kind === 'Application' && object.apiVersion === APPLICATION_API_VERSION;
}

/**
 * The application controller: takes changes from the cluster, Git and users, and refreshes, syncs and heals
 * one application at a time each.
 */
import type { ObjectStore } from '../../kube/types.ts';
import { messageOf } from '../../../core/errors.ts';
import {
  instanceName,
  parseApplication,
  readApplication,
  REFRESH_ANNOTATION,
  RESOURCES_FINALIZER,
  timestamp,
} from './application.ts';
import type {
  Application,
  ApplicationCondition,
  ApplicationKey,
  ApplicationSource,
  RetryStrategy,
} from './application.ts';
import {
  applicationRef,
  changeStatus,
  dropAnnotation,
  editApplication,
  setOperation,
} from './application-store.ts';
import { decideAutoSync } from './auto-sync.ts';
import type { ClusterCache } from './cluster-cache.ts';
import { compareApplication } from './compare.ts';
import type { Comparison } from './compare.ts';
import { liveImages, statusAfter } from './comparison-status.ts';
import type { ComparisonOutcome } from './comparison-status.ts';
import type { HealthOptions } from './health.ts';
import { equalJson } from './json.ts';
import { createOperations } from './operation.ts';
import type { RenderContext } from './plugin-environment.ts';
import type { Renderer } from './render.ts';
import type { Repositories } from './repository.ts';
import { deleteAll } from './sync-apply.ts';
import { descendants } from './resource-tree.ts';
import { createWorkQueue } from './work-queue.ts';

/**
 * How much a refresh trusts what is known. `recent`: the revision of the last comparison. `latest`: asks Git
 * again. `hard`: renders again too.
 */
export type RefreshLevel = 'none' | 'recent' | 'latest' | 'hard';
const LEVELS: readonly RefreshLevel[] = ['none', 'recent', 'latest', 'hard'];

export interface Work {
  refresh: RefreshLevel;
  operation: boolean;
}

export interface ControllerOptions {
  store: ObjectStore;
  cache: ClusterCache;
  repositories: Repositories;
  renderer: Renderer;
  namespace: string;
  kubeVersion: string;
  apiVersions: () => string[];
  health: HealthOptions;
  now: () => Date;
  log: (message: string) => void;
  /** Tells that an application's status, resources or tree may have changed. */
  changed: (key: ApplicationKey) => void;
  timing: { debounceMs: number; waveDelayMs: number; tickMs: number; selfHealBackoffMs: number };
  defaultRetry: RetryStrategy;
}

export interface Controller {
  queue(key: ApplicationKey, work: Work): void;
  comparison(key: ApplicationKey): Comparison | undefined;
  /** Renders one source at one revision (a branch, tag or commit). */
  render(application: Application, source: ApplicationSource, revision: string): Promise<Comparison>;
  forget(key: ApplicationKey): void;
  idle(): Promise<void>;
  close(): Promise<void>;
}

export function createController(options: ControllerOptions): Controller {
  const { store, cache, repositories, renderer } = options;
  const comparisons = new Map<string, Comparison>();
  const operations = createOperations({
    store,
    health: options.health,
    now: options.now,
    waveDelayMs: options.timing.waveDelayMs,
    tickMs: options.timing.tickMs,
    compare: (application, source, revision) => render(application, source, revision),
  });
  const queue = createWorkQueue<Work>({
    merge: (first, second) => ({
      refresh:
        LEVELS.indexOf(first.refresh) > LEVELS.indexOf(second.refresh) ? first.refresh : second.refresh,
      operation: first.operation || second.operation,
    }),
    process,
    onError: (id, error) => options.log(`${id}: ${messageOf(error)}`),
    debounceMs: options.timing.debounceMs,
  });

  async function process(id: string, work: Work): Promise<void> {
    const key = keyFrom(id);
    const object = store.get(applicationRef(key));
    if (!object) return;
    if (object.metadata.deletionTimestamp) return deleteApplication(key);
    const parsed = parseApplication(object);
    if (!parsed.ok) return reportInvalid(key, parsed.reason);
    if (work.operation) await operate(key);
    if (work.refresh !== 'none') await refresh(key, work.refresh);
    options.changed(key);
  }

  async function operate(key: ApplicationKey): Promise<void> {
    const progress = await operations.process(key);
    if (progress.status === 'completed') queue.add(idOf(key), { refresh: 'latest', operation: false });
    if (progress.status !== 'running') return;
    queue.addLater(idOf(key), 'operation', {
      work: { refresh: 'none', operation: true },
      delayMs: progress.nextMs,
    });
  }

  async function refresh(key: ApplicationKey, level: RefreshLevel): Promise<void> {
    const before = readApplication(store, key);
    if (!before) return;
    const outcome = await compare(before, level);
    const application = readApplication(store, key);
    // A spec that changed meanwhile has queued a refresh of its own.
    if (!application || !equalJson(application.spec, before.spec)) return;
    if (outcome.ok) comparisons.set(idOf(key), outcome.comparison);
    const decided = outcome.ok ? autoSync(application, outcome.comparison) : {};
    const instance = instanceName(key, options.namespace);
    changeStatus(store, key, (status) =>
      statusAfter(status, {
        application,
        outcome,
        conditions: decided.condition ? [decided.condition] : [],
        now: timestamp(options.now()),
        controlPlaneNamespace: options.namespace,
        reconciled: level !== 'recent',
        images: liveImages(descendants(cache, instance)),
      }),
    );
    const asked = application.metadata.annotations?.[REFRESH_ANNOTATION];
    if (answers(level, asked)) dropAnnotation(store, key, REFRESH_ANNOTATION);
    decided.start?.();
  }

  async function compare(application: Application, level: RefreshLevel): Promise<ComparisonOutcome> {
    const { source } = application.spec;
    const known = application.status?.sync;
    const same = equalJson(known?.comparedTo?.source, source) && known?.revision;
    const wanted = level === 'recent' && same ? same : (source.targetRevision ?? '');
    if (level === 'hard') repositories.forget(source.repoURL);
    try {
      const comparison = await render(application, source, wanted, { noCache: level === 'hard' });
      return { ok: true, comparison };
    } catch (error) {
      return { ok: false, reason: messageOf(error), type: 'ComparisonError' };
    }
  }

  async function render(
    application: Application,
    source: ApplicationSource,
    wanted: string,
    { noCache = false }: { noCache?: boolean } = {},
  ): Promise<Comparison> {
    const instance = instanceName(keyOfApplication(application), options.namespace);
    const revision = await repositories.resolve(source.repoURL, wanted);
    const context: RenderContext = {
      appName: instance,
      destinationNamespace: application.spec.destination.namespace ?? '',
      project: application.spec.project,
      revision,
      source,
      kubeVersion: options.kubeVersion,
      apiVersions: options.apiVersions(),
    };
    const annotations = application.metadata.annotations ?? {};
    if (!noCache) await renderer.carryOver(context, application.status?.sync?.revision ?? '', annotations);
    const rendered = await renderer.render(context, { noCache });
    return compareApplication({ application, instance, revision, rendered, cache, health: options.health });
  }

  function autoSync(
    application: Application,
    comparison: Comparison,
  ): { condition?: ApplicationCondition; start?: () => void } {
    const key = keyOfApplication(application);
    const decision = decideAutoSync({
      application,
      comparison,
      now: options.now(),
      defaultRetry: options.defaultRetry,
      selfHealBackoffMs: options.timing.selfHealBackoffMs,
    });
    if (decision.action === 'wait') {
      const work: Work = { refresh: 'recent', operation: false };
      queue.addLater(idOf(key), 'self-heal', { work, delayMs: decision.delayMs });
      return {};
    }
    if (decision.action === 'none') return decision.condition ? { condition: decision.condition } : {};
    return {
      start() {
        options.log(`${idOf(key)}: initiated automated sync to ${comparison.revision}`);
        setOperation(store, key, decision.operation);
      },
    };
  }

  function reportInvalid(key: ApplicationKey, reason: string): void {
    const message = `application spec for ${key.name} is invalid: ${reason}`;
    const object = store.get(applicationRef(key));
    const status = {
      sync: { status: 'Unknown' },
      health: { status: 'Unknown' },
      conditions: [{ type: 'InvalidSpecError', message, lastTransitionTime: timestamp(options.now()) }],
    };
    if (object && !object['status']) store.updateStatus({ ...object, status });
  }

  function deleteApplication(key: ApplicationKey): void {
    const object = store.get(applicationRef(key));
    if (!object?.metadata.finalizers?.includes(RESOURCES_FINALIZER)) return;
    deleteAll(cache.roots(instanceName(key, options.namespace)), store);
    editApplication(store, key, (current) => ({
      ...current,
      metadata: {
        ...current.metadata,
        finalizers: (current.metadata.finalizers ?? []).filter((name) => name !== RESOURCES_FINALIZER),
      },
    }));
  }

  return {
    queue: (key, work) => queue.add(idOf(key), work),
    comparison: (key) => comparisons.get(idOf(key)),
    render,
    forget: (key) => void comparisons.delete(idOf(key)),
    idle: () => queue.idle(),
    close: () => queue.close(),
  };
}

/** Whether a refresh of this level is what the annotation asked for. */
function answers(level: RefreshLevel, asked: string | undefined): boolean {
  return level === 'hard' || (level === 'latest' && asked !== 'hard');
}

function keyOfApplication(application: Application): ApplicationKey {
  return { namespace: application.metadata.namespace ?? '', name: application.metadata.name };
}

function idOf(key: ApplicationKey): string {
  return `${key.namespace}/${key.name}`;
}

function keyFrom(id: string): ApplicationKey {
  const slash = id.indexOf('/');
  return { namespace: id.slice(0, slash), name: id.slice(slash + 1) };
}

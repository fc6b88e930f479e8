/**
 * The repo server's manifest cache. Its key has no plugin version in it: a new plugin needs a hard refresh,
 * a new commit or a new API version to be seen.
 */
import { createHash } from 'node:crypto';
import type { KubeObject } from '../../kube/types.ts';
import type { RenderContext } from './plugin-environment.ts';
import { stableJson } from './json.ts';

const TTL_MS = 24 * 3_600_000;
const FAILURES_BEFORE_PAUSE = 3;
const PAUSE_MS = 60 * 60_000;
const MAX_ENTRIES = 500;

interface Entry {
  storedAt: number;
  objects: KubeObject[];
}
interface Failure {
  count: number;
  since: number;
  message: string;
}

export class RenderCache {
  readonly #entries = new Map<string, Entry>();
  readonly #failures = new Map<string, Failure>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  get(key: string): KubeObject[] | undefined {
    const entry = this.#entries.get(key);
    if (!entry || this.#now().getTime() - entry.storedAt > TTL_MS) return undefined;
    return structuredClone(entry.objects);
  }

  set(key: string, objects: KubeObject[]): void {
    this.#failures.delete(key);
    this.#entries.delete(key);
    this.#entries.set(key, { storedAt: this.#now().getTime(), objects: structuredClone(objects) });
    const oldest = this.#entries.keys().next().value;
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
  }

  /** Puts the manifests of one revision under another, keeping their age (manifest-generate-paths). */
  rename(from: string, to: string): boolean {
    const entry = this.#entries.get(from);
    if (!entry) return false;
    this.#entries.set(to, entry);
    return true;
  }

  /** The message of a render that failed too often to be tried again now. */
  pausedFailure(key: string): string | undefined {
    const failure = this.#failures.get(key);
    if (!failure || failure.count < FAILURES_BEFORE_PAUSE) return undefined;
    if (this.#now().getTime() - failure.since <= PAUSE_MS) return failure.message;
    this.#failures.delete(key);
    return undefined;
  }

  noteFailure(key: string, message: string): void {
    const before = this.#failures.get(key);
    const since = before?.since ?? this.#now().getTime();
    this.#failures.set(key, { count: (before?.count ?? 0) + 1, since, message });
  }
}

/** Tracking method, application, revision, namespace, source, Kubernetes version and API list; nothing else. */
export function renderKey(context: RenderContext): string {
  const parts = [
    'annotation',
    context.appName,
    context.revision,
    context.destinationNamespace,
    stableJson(context.source),
    context.kubeVersion,
    context.apiVersions.join(','),
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}

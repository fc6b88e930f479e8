/**
 * The recent changes of the store, so that an HTTP watch can start at the version at which its list was read.
 * Knows each object's state before a change: a selector that stops matching makes a DELETED event.
 */
import { keyOf, refOf } from './refs.ts';
import type { ObjectFilter } from './selectors.ts';
import type { KubeObject, ObjectStore, WatchEvent } from './types.ts';

/** How many changes are kept. A watch from before them is told to list again (410). */
const maxChanges = 5000;

interface Change {
  version: number;
  event: WatchEvent;
  previous: KubeObject | undefined;
}

export interface WatchHistory {
  /**
   * Sends every change after `version` that the filter lets through, and goes on with each new one. False, and
   * nothing sent, when changes after that version are no longer kept.
   */
  follow(version: number, filter: ObjectFilter, send: (event: WatchEvent) => void): (() => void) | false;
  close(): void;
}

export function watchHistory(store: ObjectStore): WatchHistory {
  const latest = new Map(store.all().map((object) => [keyOf(refOf(object)), object]));
  const changes: Change[] = [];
  const followers = new Set<(change: Change) => void>();
  let oldest = store.resourceVersion();

  const stop = store.watch((event) => {
    const key = keyOf(refOf(event.object));
    const change = {
      version: Number(event.object.metadata.resourceVersion),
      event,
      previous: latest.get(key),
    };
    if (event.type === 'DELETED') latest.delete(key);
    else latest.set(key, event.object);
    changes.push(change);
    while (changes.length > maxChanges) oldest = changes.shift()?.version ?? oldest;
    for (const follower of followers) follower(change);
  });

  return {
    follow(version, filter, send) {
      if (version < oldest) return false;
      const follower = (change: Change) => {
        const event = visible(change, filter);
        if (event !== undefined) send(event);
      };
      for (const change of changes.filter((one) => one.version > version)) follower(change);
      followers.add(follower);
      return () => followers.delete(follower);
    },
    close() {
      stop();
      followers.clear();
    },
  };
}

/** What a change looks like through a filter: leaving it is a deletion, entering it an addition. */
function visible(change: Change, filter: ObjectFilter): WatchEvent | undefined {
  const { event, previous } = change;
  const now = filter(event.object);
  const before = event.type !== 'ADDED' && previous !== undefined && filter(previous);
  if (event.type === 'DELETED') return now || before ? event : undefined;
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', object: event.object };
  return before ? { type: 'DELETED', object: event.object } : undefined;
}

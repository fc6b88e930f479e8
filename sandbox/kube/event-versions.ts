/** Events have two API groups over one storage: core/v1 as it is stored, events.k8s.io/v1 with newer field names. */
import type { KubeObject } from './types.ts';

/** Core field to events.k8s.io field. */
const renamed: readonly (readonly [string, string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

/** A stored event as events.k8s.io/v1 shows it. */
export function toEventsV1(stored: KubeObject): KubeObject {
  return { ...rename(stored, renamed), apiVersion: 'events.k8s.io/v1' };
}

/** An event written to events.k8s.io/v1 as it is stored. */
export function toCoreEvent(given: KubeObject): KubeObject {
  return {
    ...rename(
      given,
      renamed.map(([core, events]) => [events, core] as const),
    ),
    apiVersion: 'v1',
  };
}

function rename(object: KubeObject, names: readonly (readonly [string, string])[]): KubeObject {
  const copy: KubeObject = { ...object };
  for (const [from, to] of names) {
    if (!(from in copy)) continue;
    copy[to] = copy[from];
    delete copy[from];
  }
  return copy;
}

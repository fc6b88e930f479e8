/** Stages by the applications that deliver them: where their objects stand, and what those say. */
import { anchorState, errorText, ledgerState } from '../view-model/answers.ts';
import { stagesOf, type StageReading } from '../view-model/overview.ts';
import type { OtherStage } from '../view-model/other-stages.ts';
import { isRecord, parsedJson, text } from '../view-model/text.ts';
import { apiUrl, getText } from './api.ts';
import { readConfigMap } from './config-map.ts';

/** Requests at one time: Argo CD's own streams need slots of the browser's six to a host. */
export const AT_ONCE = 3;
const AGAIN_MS = { each: 6000, least: 30_000, most: 300_000 };

/** Milliseconds after which so many stages are read again, of which Argo CD streams nothing: the more the later. */
export function againAfter(stages: number): number {
  return Math.min(AGAIN_MS.most, Math.max(AGAIN_MS.least, stages * AGAIN_MS.each));
}

/** Lists hold no more than this of each application. Selectable since 2.x; whole `spec` for the older ones. */
export const LIST_FIELDS =
  'items.metadata.name,items.metadata.namespace,items.spec,items.status.operationState.phase';

export type StageAddress = Pick<StageReading, 'place' | 'repoURL' | 'syncing'>;

export type FoundStage =
  | { kind: 'found'; stage: StageAddress }
  /** The user may not see it, or it is gone: Argo CD does not tell these apart. */
  | { kind: 'not-visible' }
  | { kind: 'failed'; reason: string };

/** The stage that an application delivers, by its name and namespace. Rejects only when `signal` aborts. */
export async function findStage(
  application: { name: string; namespace: string },
  controlPlane: string,
  signal: AbortSignal,
): Promise<FoundStage> {
  const url = apiUrl('api/v1/applications', {
    name: application.name,
    appNamespace: application.namespace,
    fields: LIST_FIELDS,
  });
  const list = await getText(url, signal);
  if (list.kind === 'unreachable') return { kind: 'failed', reason: list.reason };
  if (list.status === 403 || list.status === 404) return { kind: 'not-visible' };
  if (list.status !== 200)
    return { kind: 'failed', reason: errorText(list.body) || `Argo CD answered ${list.status}` };
  const items = itemsOf(list.body);
  if (items === undefined) return { kind: 'failed', reason: 'Argo CD’s list could not be read' };
  const stage = stagesOf(items, controlPlane).find(({ place }) => place.application === application.name);
  return stage ? { kind: 'found', stage } : { kind: 'not-visible' };
}

/** The items of a list, which Argo CD leaves out where nothing matches; undefined for what is no list. */
export function itemsOf(body: string): unknown[] | undefined {
  const list = parsedJson(body);
  if (!isRecord(list)) return undefined;
  return Array.isArray(list['items']) ? list['items'] : [];
}

/** What another stage's own objects say. Rejects only when `signal` aborts. */
export async function readOtherStage(
  application: { name: string; namespace: string },
  controlPlane: string,
  signal: AbortSignal,
): Promise<OtherStage> {
  const found = await findStage(application, controlPlane, signal);
  if (found.kind !== 'found') return found;
  const reading = await readStageObjects(found.stage, signal);
  return reading.denied ? { kind: 'not-visible' } : { kind: 'read', reading };
}

/** Argo CD's own namespace; empty where it does not say. Rejects only when `signal` aborts. */
export async function controlPlaneNamespace(signal: AbortSignal): Promise<string> {
  const answer = await getText(apiUrl('api/v1/settings', {}), signal);
  if (answer.kind === 'unreachable' || answer.status !== 200) return '';
  const settings = parsedJson(answer.body);
  return isRecord(settings) ? text(settings['controllerNamespace']) : '';
}

/** The anchor first: without one there is nothing more to ask for. Rejects only when `signal` aborts. */
export async function readStageObjects(
  stage: StageAddress,
  signal: AbortSignal,
): Promise<StageReading & { denied: boolean }> {
  const anchor = await readConfigMap(stage.place, stage.place.anchor, signal);
  const nothing = { ...stage, anchor: undefined, ledger: undefined, denied: false };
  if (anchor.kind === 'denied' || anchor.kind === 'failed')
    return { ...nothing, problem: anchor.reason, denied: anchor.kind === 'denied' };
  const ledger = await readConfigMap(stage.place, stage.place.ledger, signal);
  if (ledger.kind === 'denied' || ledger.kind === 'failed')
    return {
      ...nothing,
      anchor: anchorState(anchor),
      problem: ledger.reason,
      denied: ledger.kind === 'denied',
    };
  const read = ledgerState(ledger);
  return {
    ...nothing,
    anchor: anchorState(anchor),
    ledger: read.kind === 'ledger' ? read.ledger : undefined,
    problem:
      read.kind === 'newer'
        ? 'its ledger is of a newer release'
        : read.kind === 'invalid'
          ? `its ledger is damaged: ${read.reason}`
          : '',
  };
}

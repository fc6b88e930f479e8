/** The stages among the applications that the user may see, read a few at a time. */
import * as React from 'react';
import { errorText, anchorState, ledgerState } from '../view-model/answers.ts';
import { stagesOf, type StageReading } from '../view-model/overview.ts';
import { isRecord, text } from '../view-model/text.ts';
import { apiUrl, getText } from './api.ts';
import { readConfigMap } from './config-map.ts';

/** Requests at one time: Argo CD's own streams need slots of the browser's six to a host. */
const AT_ONCE = 3;
/** The list holds no more than this of each application. Selectable since 2.x; whole `spec` for the older ones. */
const FIELDS = 'items.metadata.name,items.metadata.namespace,items.spec';
const LIST_LIMIT = 30_000_000;

export interface OverviewData {
  readings: StageReading[];
  /** Stages whose objects have not been read yet; undefined before the list has come. */
  pending: number | undefined;
  problem: string;
  retry: () => void;
}

export function useApplications(): OverviewData {
  const [tries, setTries] = React.useState(0);
  const [state, setState] = React.useState<Omit<OverviewData, 'retry'>>({
    readings: [],
    pending: undefined,
    problem: '',
  });
  React.useEffect(() => {
    const abort = new AbortController();
    const update = (change: Partial<Omit<OverviewData, 'retry'>>): void => {
      if (!abort.signal.aborted) setState((old) => ({ ...old, ...change }));
    };
    readAll(abort.signal, update).catch((cause: unknown) => {
      update({
        pending: 0,
        problem: cause instanceof Error ? cause.message : 'the answer could not be read',
      });
    });
    return () => abort.abort();
  }, [tries]);
  const retry = React.useCallback(() => setTries((count) => count + 1), []);
  return { ...state, retry };
}

type Update = (change: Partial<Omit<OverviewData, 'retry'>>) => void;

async function readAll(signal: AbortSignal, update: Update): Promise<void> {
  const [list, controlPlane] = await Promise.all([
    getText(apiUrl('api/v1/applications', { fields: FIELDS }), signal, LIST_LIMIT),
    controlPlaneNamespace(signal),
  ]);
  if (list.kind === 'unreachable') return update({ pending: 0, problem: list.reason });
  if (list.status !== 200)
    return update({ pending: 0, problem: errorText(list.body) || `Argo CD answered ${list.status}` });
  const items: unknown = JSON.parse(list.body);
  const applications = isRecord(items) && Array.isArray(items['items']) ? items['items'] : [];
  const stages = stagesOf(applications, controlPlane);
  const readings: StageReading[] = [];
  update({ readings: [], pending: stages.length, problem: '' });
  const waiting = [...stages];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      readings.push(await readStageObjects(next, signal));
      update({ readings: [...readings], pending: stages.length - readings.length });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function controlPlaneNamespace(signal: AbortSignal): Promise<string> {
  const answer = await getText(apiUrl('api/v1/settings', {}), signal);
  if (answer.kind === 'unreachable' || answer.status !== 200) return '';
  const settings: unknown = JSON.parse(answer.body);
  return isRecord(settings) ? text(settings['controllerNamespace']) : '';
}

/** The anchor first: without one there is nothing more to ask for. */
async function readStageObjects(
  stage: Pick<StageReading, 'place' | 'repoURL'>,
  signal: AbortSignal,
): Promise<StageReading> {
  const anchor = await readConfigMap(stage.place, stage.place.anchor, signal);
  const nothing = { ...stage, anchor: undefined, ledger: undefined };
  if (anchor.kind === 'denied' || anchor.kind === 'failed') return { ...nothing, problem: anchor.reason };
  const ledger = await readConfigMap(stage.place, stage.place.ledger, signal);
  if (ledger.kind === 'denied' || ledger.kind === 'failed')
    return { ...nothing, anchor: anchorState(anchor), problem: ledger.reason };
  const read = ledgerState(ledger);
  return {
    ...stage,
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

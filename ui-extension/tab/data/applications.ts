/** The stages among the applications that the user may see, read a few at a time. */
import * as React from 'react';
import { errorText } from '../view-model/answers.ts';
import { stagesOf, type StageReading } from '../view-model/overview.ts';
import { apiUrl, getText } from './api.ts';
import { AT_ONCE, controlPlaneNamespace, itemsOf, LIST_FIELDS, readStageObjects } from './stages.ts';

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
    getText(apiUrl('api/v1/applications', { fields: LIST_FIELDS }), signal, LIST_LIMIT),
    controlPlaneNamespace(signal),
  ]);
  if (list.kind === 'unreachable') return update({ pending: 0, problem: list.reason });
  if (list.status !== 200)
    return update({ pending: 0, problem: errorText(list.body) || `Argo CD answered ${list.status}` });
  const items = itemsOf(list.body);
  if (items === undefined)
    return update({ pending: 0, problem: 'Argo CD’s list of applications could not be read' });
  const stages = stagesOf(items, controlPlane);
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

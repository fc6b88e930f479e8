/** The stages among the applications that the user may see: so many as are wanted, read a few at a time. */
import * as React from 'react';
import { errorText } from '../view-model/answers.ts';
import { inReadingOrder, stagesOf, type ListedStage, type StageReading } from '../view-model/overview.ts';
import { apiUrl, getText } from './api.ts';
import {
  againAfter,
  AT_ONCE,
  controlPlaneNamespace,
  itemsOf,
  LIST_FIELDS,
  readStageObjects,
} from './stages.ts';

const LIST_LIMIT = 30_000_000;
/** Answers that come within this are shown together. */
const SHOWN_MS = 100;

export interface OverviewData {
  readings: StageReading[];
  /** Wanted stages whose objects have not been read yet; undefined before the list has come. */
  pending: number | undefined;
  /** Stages beyond those that are wanted. */
  left: number;
  problem: string;
  retry: () => void;
}

type List = { kind: 'stages'; stages: ListedStage[] } | { kind: 'failed'; reason: string };

/** What was read of a stage, and in which round. */
type Read = Map<string, { reading: StageReading; round: number }>;

/** `wanted`: how many stages are read. All of them are read again now and then, as long as the page is in sight. */
export function useApplications(wanted: number): OverviewData {
  const [round, setRound] = React.useState(0);
  const [list, setList] = React.useState<{ stages: ListedStage[]; round: number } | undefined>(undefined);
  const [problem, setProblem] = React.useState('');
  const [readings, setReadings] = React.useState<StageReading[]>([]);
  const [missing, setMissing] = React.useState<number | undefined>(undefined);
  const read = React.useRef<Read>(new Map()).current;
  const retry = React.useCallback(() => setRound((count) => count + 1), []);
  React.useEffect(() => {
    const abort = new AbortController();
    readList(abort.signal).then(
      (answer) => {
        if (abort.signal.aborted) return;
        // What was read before stays as long as it cannot be replaced.
        if (answer.kind === 'stages') setList({ stages: answer.stages, round });
        setProblem(answer.kind === 'failed' ? answer.reason : '');
      },
      (cause: unknown) => {
        if (abort.signal.aborted) return;
        setProblem(cause instanceof Error ? cause.message : 'the answer could not be read');
      },
    );
    return () => abort.abort();
  }, [round]);
  React.useEffect(() => {
    if (list === undefined) return undefined;
    const abort = new AbortController();
    const now = list.stages.slice(0, wanted);
    const waiting = now.filter((stage) => read.get(keyOf(stage))?.round !== list.round);
    const show = (): void => {
      timer = undefined;
      setReadings(now.flatMap((stage) => read.get(keyOf(stage))?.reading ?? []));
      setMissing(now.filter((stage) => !read.has(keyOf(stage))).length);
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const reading = await readStageObjects(next, abort.signal);
        read.set(keyOf(next), { reading, round: list.round });
        timer ??= setTimeout(show, SHOWN_MS);
      }
    };
    show();
    // Rejects only when this was ended.
    for (let index = 0; index < AT_ONCE; index += 1) work().catch(() => undefined);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [list, wanted, read]);
  const total = list?.stages.length ?? 0;
  useAgain(Math.min(wanted, total), retry);
  return {
    readings,
    pending: list === undefined && problem !== '' ? 0 : missing,
    left: Math.max(0, total - wanted),
    problem,
    retry,
  };
}

function keyOf({ place }: ListedStage): string {
  return `${place.appNamespace}/${place.application}`;
}

/** Argo CD streams nothing to a page in the sidebar. */
function useAgain(count: number, again: () => void): void {
  React.useEffect(() => {
    if (count === 0) return undefined;
    const timer = setInterval(
      () => {
        if (!document.hidden) again();
      },
      againAfter(2 * count),
    );
    return () => clearInterval(timer);
  }, [count, again]);
}

async function readList(signal: AbortSignal): Promise<List> {
  const [list, controlPlane] = await Promise.all([
    getText(apiUrl('api/v1/applications', { fields: LIST_FIELDS }), signal, LIST_LIMIT),
    controlPlaneNamespace(signal),
  ]);
  if (list.kind === 'unreachable') return { kind: 'failed', reason: list.reason };
  if (list.status !== 200)
    return { kind: 'failed', reason: errorText(list.body) || `Argo CD answered ${list.status}` };
  const items = itemsOf(list.body);
  if (items === undefined)
    return { kind: 'failed', reason: 'Argo CD’s list of applications could not be read' };
  return { kind: 'stages', stages: inReadingOrder(stagesOf(items, controlPlane)) };
}

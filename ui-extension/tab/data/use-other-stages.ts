/** The pipeline's other stages in their own words: read while the strip is in sight, a few requests at a time. */
import * as React from 'react';
import { applicationOf } from '../view-model/links.ts';
import type { OtherStage, OtherStages } from '../view-model/other-stages.ts';
import { againAfter, AT_ONCE, readOtherStage } from './stages.ts';

/** Answers that come within this are shown together. */
const SHOWN_MS = 200;

/** What was read last: a tab that is opened again shows it at once. */
const lastRead = new Map<string, { stage: OtherStage; readAt: number }>();
const STAGES_KEPT = 200;

/** `instances`: Argo CD's instance names of applications. Nothing is read unless `active`. */
export function useOtherStages(
  instances: readonly string[],
  options: { controlPlane: string; active: boolean },
): OtherStages {
  const { controlPlane, active } = options;
  const key = instances.join('\n');
  const wait = againAfter(instances.length);
  const [round, setRound] = React.useState(0);
  const [stages, setStages] = React.useState<OtherStages>(() => known(instances));
  React.useEffect(() => {
    if (!active || key === '') return undefined;
    const timer = setInterval(() => setRound((count) => count + 1), wait);
    return () => clearInterval(timer);
  }, [active, key === '', wait]);
  React.useEffect(() => {
    setStages(known(instances));
    if (!active || document.hidden) return undefined;
    const abort = new AbortController();
    const waiting = instances.filter((instance) => isOld(instance, wait));
    // Each answer would have the whole strip drawn anew: a few are shown at once.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = (): void => {
      timer = undefined;
      setStages(known(instances));
    };
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const application = applicationOf(next, controlPlane);
        if (application === undefined) continue;
        const stage = await readOtherStage(application, controlPlane, abort.signal);
        keep(next, stage);
        timer ??= setTimeout(show, SHOWN_MS);
      }
    };
    // Rejects only when this was ended.
    for (let index = 0; index < AT_ONCE; index += 1) work().catch(() => undefined);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, active, round, controlPlane]);
  return stages;
}

function isOld(instance: string, wait: number): boolean {
  const last = lastRead.get(instance);
  // A round comes a little early or late; one that fails is read again with the next.
  return last === undefined || last.stage.kind === 'failed' || Date.now() - last.readAt > wait * 0.9;
}

/** A reading that failed leaves what was read before. */
function keep(instance: string, stage: OtherStage): void {
  const before = lastRead.get(instance);
  if (lastRead.size >= STAGES_KEPT) lastRead.clear();
  const kept = stage.kind === 'failed' && before?.stage.kind === 'read' ? before.stage : stage;
  lastRead.set(instance, { stage: kept, readAt: Date.now() });
}

function known(instances: readonly string[]): OtherStages {
  return new Map(
    instances.flatMap((instance) => {
      const last = lastRead.get(instance);
      return last === undefined ? [] : [[instance, last.stage] as const];
    }),
  );
}

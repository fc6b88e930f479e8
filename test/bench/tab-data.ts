/** A pipeline of 50 stages with 1,000 lines of history, as the tab's benchmark shows it. */
import type { AncestryEntry } from '../../core/ancestry.ts';
import type { Ledger } from '../../core/ledger/types.ts';
import {
  ancestor,
  anchorData,
  historyLines,
  planOf,
  promoted,
  Story,
} from '../../ui-extension/tab/testing/ledgers.ts';
import type { Scenario } from '../../ui-extension/tab/testing/scenarios.ts';

export const STAGES = 50;
export const HISTORY_LINES = 1000;
/** The ledger keeps so many ancestors of a delivery, and so many whole deliveries. */
const ANCESTORS = 20;
const DELIVERIES = 20;

/** One stage in the middle of all the others, with more history than a ledger of ours holds. */
export function longStage(now: number): Scenario {
  const story = new Story('stage-21', now - DELIVERIES * 3_600_000);
  for (let index = 0; index < DELIVERIES; index += 1) {
    const version = `v${index + 1}`;
    const plan = planOf({ stage: 'stage-21', version, ancestry: chain(version, now) });
    promoted(story, plan, { at: index * 3600, target: `stage-${22 + index}` });
  }
  return scenarioOf({
    ...withAllTargets(story.ledger),
    history: historyLines(HISTORY_LINES, now - 86_400_000),
  });
}

/** Every stage of the pipeline, for the page that shows them all. */
export function allStages(now: number): Record<string, Scenario> {
  return Object.fromEntries(
    Array.from({ length: STAGES }, (_, stage) => {
      const name = `stage-${stage + 1}`;
      const story = new Story(name, now - DELIVERIES * 3_600_000);
      for (let index = 0; index < DELIVERIES; index += 1) {
        const plan = planOf({ stage: name, version: `v${index + 1}` });
        promoted(story, plan, { at: index * 3600, target: `stage-${stage + 2}` });
      }
      const history = historyLines(HISTORY_LINES / STAGES, now - 86_400_000);
      return [name, scenarioOf({ ...story.ledger, history })];
    }),
  );
}

function chain(version: string, now: number): AncestryEntry[] {
  return Array.from({ length: ANCESTORS }, (_, index) =>
    ancestor(`stage-${index + 1}`, version, { start: now - 90_000_000, openedAt: index * 200 }),
  );
}

/** The last delivery fans out, so that with the ancestors there are as many stages as are wanted. */
function withAllTargets(ledger: Ledger): Ledger {
  const [newest, ...older] = ledger.deliveries;
  const [model] = newest?.promotions ?? [];
  if (!newest || !model) throw new Error('the story has no promotion');
  const promotions = Array.from({ length: STAGES - ANCESTORS - 1 }, (_, index) => ({
    ...model,
    target: `stage-${ANCESTORS + 2 + index}`,
  }));
  return { ...ledger, deliveries: [{ ...newest, promotions }, ...older] };
}

function scenarioOf(ledger: Ledger): Scenario {
  const [newest] = ledger.deliveries;
  if (!newest) throw new Error('the ledger has no delivery');
  const plan = planOf({ stage: ledger.stage, version: `v${DELIVERIES}` });
  return {
    ledger: JSON.stringify(ledger),
    anchor: anchorData({ ...plan, commit: newest.commit, freight: newest.freight }),
  };
}

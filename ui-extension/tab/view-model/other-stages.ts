/** Stages of the pipeline besides this one: which there are, and what their own objects say. */
import type { DeliveryRecord, PromotionRecord } from '../../../core/ledger/types.ts';
import type { StageReading } from './overview.ts';
import { text } from './text.ts';

/** What another stage's objects say, as far as they have been read. */
export type OtherStage =
  | { kind: 'not-visible' }
  | { kind: 'failed'; reason: string }
  | { kind: 'read'; reading: StageReading };

/** By Argo CD's instance name of the application. */
export type OtherStages = ReadonlyMap<string, OtherStage>;

/** Strips longer than this are cut: a hostile ledger may name any number. */
const STAGES_SHOWN = 60;

export interface NextStage {
  target: string;
  /** Instance name of its application; empty where the ledger does not say. */
  instance: string;
  promotion: PromotionRecord;
  delivery: DeliveryRecord;
}

/** Targets of promotions, newest delivery first: the ledger knows them only from promotions that were begun. */
export function nextStages(deliveries: readonly DeliveryRecord[]): NextStage[] {
  const targets = new Map<string, NextStage>();
  for (const delivery of deliveries) {
    for (const promotion of delivery.promotions) {
      const target = text(promotion.target);
      const known = targets.get(target);
      const instance = text(promotion.targetApplication, 253);
      if (known === undefined) targets.set(target, { target, instance, promotion, delivery });
      else if (known.instance === '') known.instance = instance;
    }
  }
  return [...targets.values()].slice(0, STAGES_SHOWN);
}

/** Stages that come after the next ones, as far as the ledgers of those tell; each once, the nearest first. */
export function laterStages(
  first: readonly NextStage[],
  known: ReadonlySet<string>,
  others: OtherStages,
): NextStage[] {
  const seen = new Set([...known, ...first.map(({ target }) => target)]);
  const later: NextStage[] = [];
  const queue = [...first];
  for (let stage = queue.shift(); stage && later.length < STAGES_SHOWN; stage = queue.shift()) {
    const other = others.get(stage.instance);
    if (other?.kind !== 'read') continue;
    for (const next of nextStages(other.reading.ledger?.deliveries ?? [])) {
      if (seen.has(next.target)) continue;
      seen.add(next.target);
      later.push(next);
      queue.push(next);
    }
  }
  return later;
}

/** The deliveries of other stages that one delivery of this stage led to: their traces link to its trace. */
export function ledTo(
  traceId: string,
  others: OtherStages,
): { instance: string; stage: string; traceId: string }[] {
  return [...others].flatMap(([instance, other]) => {
    if (other.kind !== 'read') return [];
    const { ledger } = other.reading;
    return (ledger?.deliveries ?? [])
      .filter((delivery) => delivery.links.some((link) => text(link.traceparent).slice(3, 35) === traceId))
      .map((delivery) => ({ instance, stage: text(ledger?.stage), traceId: delivery.traceId }));
  });
}

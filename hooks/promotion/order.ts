/** What a promotion is told and what it works with: the same for a hook, a pending promotion's Job and a person. */
import type { AncestryEntry } from '../../core/ancestry.ts';
import type { DeliveryRecord, PromotionRecord } from '../../core/ledger/types.ts';
import type { Plan, PlannedPlace, PlannedPromotion, PromotionWay } from '../../core/plan.ts';
import type { Freight } from '../../core/freight.ts';
import type { Logger } from '../../runtime/log.ts';
import type { sendHttp } from '../http/send.ts';

/** Surroundings, so that tests need no mock library. */
export interface PromotionTools {
  env: NodeJS.ProcessEnv;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 to 1. */
  random: () => number;
  signal: AbortSignal;
  send?: typeof sendHttp;
}

/** What of a plan a promotion needs: a plan has it, and a ledger's delivery too. */
export type PromotionSource = Pick<
  Plan,
  'pipeline' | 'stage' | 'application' | 'commit' | 'head' | 'source' | 'freight' | 'ancestry'
>;

export interface PromotionOrder {
  /** The freight, exactly as it was verified, and where it came from. */
  plan: PromotionSource;
  planned: PlannedPlace & { way: PromotionWay } & Pick<PlannedPromotion, 'create' | 'agreement'>;
  delivery: DeliveryRecord;
  intent: PromotionRecord;
  /** A person decided: a freight that was rolled back there goes again. */
  insists?: boolean;
  /** Applications that had to verify the freight too, and have. */
  others?: AncestryEntry[];
  /** The freight is restored because this one failed. */
  takesBack?: { freight: Freight; reason: string };
  /** Called before an act that cannot be looked up for sure, and when it surely did not happen; the ledger remembers. */
  noteAttempt: (begun: boolean) => Promise<void>;
}

export interface PromotionResult {
  status: 'done' | 'unchanged' | 'waiting' | 'rejected' | 'superseded';
  message: string;
  commit?: string;
  url?: string;
  decidedBy?: string;
}

/** The target has turned this freight down before; a person has to let it go. */
export interface HeldBack {
  status: 'held';
  reason: string;
}

export type PromotionOutcome = PromotionResult | HeldBack;

/** Name of the branch that carries a freight to a stage. Deterministic: a repeat finds it. */
export function promotionBranch(pipeline: string, target: string, freightId: string): string {
  return `${promotionBranches(pipeline, target)}${freightId}`;
}

/** What the names of a target's branches begin with. */
export function promotionBranches(pipeline: string, target: string): string {
  return `stageline/${pipeline}/${target}/`;
}

/** A failed delivery's own branch for restoring what was there before. */
export function rollbackBranch(pipeline: string, target: string, deliveryId: string): string {
  return `${promotionBranches(pipeline, target)}rollback-${deliveryId}`;
}

/** The branch of an order. */
export function branchOf(order: Pick<PromotionOrder, 'plan' | 'planned' | 'takesBack' | 'delivery'>): string {
  const { plan, planned, takesBack, delivery } = order;
  return takesBack
    ? rollbackBranch(plan.pipeline, planned.target, delivery.id)
    : promotionBranch(plan.pipeline, planned.target, plan.freight.id);
}

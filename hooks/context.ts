/** What every part of a hook works with. Clock, randomness and surroundings come in here and nowhere else. */
import { deliveryId } from '../core/ledger/delivery.ts';
import type { Ledger } from '../core/ledger/types.ts';
import type { KubeClient } from '../runtime/kube/client.ts';
import type { LedgerStore } from '../runtime/kube/ledger-store.ts';
import type { Logger } from '../runtime/log.ts';
import type { EventPublisher } from './events/publisher.ts';
import type { HookEnvironment } from './environment.ts';

export interface HookContext extends HookEnvironment {
  env: NodeJS.ProcessEnv;
  client: KubeClient;
  store: LedgerStore;
  events: EventPublisher;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 to 1. */
  random: () => number;
  newTraceId: () => string;
  /** Aborted with `HookStopped` when the process is told to end. */
  stop: AbortSignal;
}

/** The reason of `HookContext.stop`. */
export class HookStopped extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`the hook was told to end (${signal})`);
    this.name = 'HookStopped';
    this.signal = signal;
  }
}

/** How a hook ends: the exit code follows from it. */
export type HookResult =
  | { status: 'passed'; message: string; recovered: boolean }
  | { status: 'failed' | 'errored'; message: string; recovered: boolean };

/** RFC 3339 with milliseconds. */
export function timestamp(context: Pick<HookContext, 'now'>): string {
  return new Date(context.now()).toISOString();
}

/** The id of this plan's delivery. */
export function idOf(context: Pick<HookContext, 'plan'>): string {
  return deliveryId(context.plan);
}

/** This plan's delivery in a ledger. */
export function deliveryOf(
  context: Pick<HookContext, 'plan'>,
  ledger: Ledger,
): Ledger['deliveries'][number] | undefined {
  const id = idOf(context);
  return ledger.deliveries.find((delivery) => delivery.id === id);
}

/** What a promotion has to wait for before it is carried out. Pure: the clock and the windows come in. */
import { formatDuration } from '../duration.ts';
import type { PlannedGates } from '../plan.ts';

export type Gate = 'hold' | 'approval' | 'soak' | 'window';

/** In this order. Whoever lets a held promotion go approves it too. */
export const GATES: readonly Gate[] = ['hold', 'approval', 'soak', 'window'];

export interface GateFacts {
  /** Milliseconds since the epoch. */
  now: number;
  /** When the version was verified. */
  since: number;
  /** The last gate that was passed already, by a person or by the clock. */
  passed?: Gate;
  /** When the windows next allow it: now, later, or never. */
  opensAt: (from: number) => number | undefined;
  /** A reason to hold it that is found only when it is to be carried out. */
  heldBack?: string;
}

export type GateDecision =
  | { go: true }
  | {
      go: false;
      gate: Gate;
      reason: string;
      /** Milliseconds since the epoch. */
      notBefore?: number;
      expiresAt?: number;
    };

/** The next gate that is shut, or that the way is free. */
export function nextGate(gates: PlannedGates | undefined, facts: GateFacts): GateDecision {
  const from = facts.passed === undefined ? 0 : afterGate(facts.passed);
  for (const gate of GATES.slice(from)) {
    const decision = CHECKS[gate](gates ?? {}, facts);
    if (decision) return { go: false, gate, ...decision };
  }
  return { go: true };
}

/** Holding and approving are both a person's decision: one of them is enough. */
function afterGate(gate: Gate): number {
  return gate === 'hold' ? GATES.indexOf('approval') + 1 : GATES.indexOf(gate) + 1;
}

type Shut = { reason: string; notBefore?: number; expiresAt?: number };

const CHECKS: Record<Gate, (gates: PlannedGates, facts: GateFacts) => Shut | undefined> = {
  hold({ hold }, { heldBack }) {
    const reason = heldBack ?? hold;
    return reason === undefined ? undefined : { reason: `on hold: ${reason}` };
  },
  approval({ approval }, { now }) {
    if (!approval) return undefined;
    const { expiresMs } = approval;
    return {
      reason: 'waits for approval',
      ...(expiresMs === undefined ? {} : { expiresAt: now + expiresMs }),
    };
  },
  soak({ soakMs }, { now, since }) {
    if (soakMs === undefined || now >= since + soakMs) return undefined;
    return { reason: `soaks for ${formatDuration(soakMs)}`, notBefore: since + soakMs };
  },
  window({ windows }, { now, opensAt }) {
    if (!windows) return undefined;
    const at = opensAt(now);
    if (at === undefined) return { reason: 'its windows never open' };
    return at <= now ? undefined : { reason: 'waits for its window', notBefore: at };
  },
};

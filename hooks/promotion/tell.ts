/** CloudEvents of what happened to deliveries of several versions at once. */
import { ledgerTransitions } from '../../core/ledger/transitions.ts';
import type { Ledger } from '../../core/ledger/types.ts';
import type { Logger } from '../../runtime/log.ts';
import { cloudEventSink } from '../events/cloudevents.ts';
import { createPublisher } from '../events/publisher.ts';
import { proxySettings } from '../http/proxy.ts';

const BUDGET_MS = 2000;

/** Sends every transition from `before` to `after` to the sink that the environment names, if it names one. */
export async function tellOf(
  { env, log }: { env: NodeJS.ProcessEnv; log: Logger },
  before: Ledger,
  after: Ledger,
): Promise<void> {
  const all = ledgerTransitions(before, after);
  for (const { id, commit, freight } of after.deliveries) {
    const own = all.filter(({ deliveryId }) => deliveryId === id);
    const sink = cloudEventSink(env, { ...after, commit, freight }, proxySettings(env));
    if (own.length === 0 || sink === undefined) continue;
    const events = createPublisher([sink], log);
    events.publish(own);
    await events.flush(BUDGET_MS);
  }
}

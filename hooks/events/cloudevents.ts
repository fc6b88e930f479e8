/** Transitions as CloudEvents 1.0, in HTTP structured mode, to the sink that STAGELINE_CLOUDEVENTS_SINK names. */
import type { Transition } from '../../core/ledger/transitions.ts';
import type { Plan } from '../../core/plan.ts';
import { formatTraceparent, spanIdOf } from '../../core/trace-context.ts';
import { spanKey } from '../../core/span-keys.ts';
import { sendHttp } from '../http/send.ts';
import type { ProxySettings } from '../http/proxy.ts';
import type { EventSink } from './publisher.ts';

export const SINK_ENV = 'STAGELINE_CLOUDEVENTS_SINK';

type Delivered = Pick<Plan, 'pipeline' | 'stage' | 'application' | 'commit' | 'freight'>;

/** Undefined if the environment names no http or https address. */
export function cloudEventSink(
  env: NodeJS.ProcessEnv,
  plan: Delivered,
  proxy: ProxySettings,
): EventSink | undefined {
  const url = env[SINK_ENV];
  if (!url || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return undefined;
  return {
    name: 'CloudEvents sink',
    wants: () => true,
    async send(transition, signal) {
      const answer = await sendHttp({
        url,
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
        body: JSON.stringify(cloudEvent(plan, transition)),
        signal,
        maxBytes: 1024,
        proxy,
      });
      if (answer.status < 200 || answer.status > 299) throw new Error(`it answered ${answer.status}`);
    },
  };
}

/**
 * Type `dev.stageline.<subject>.<change>`. `id` and `source` are the same for a repeat of the same transition,
 * and `traceparent` (the distributed tracing extension) leads to the delivery's trace.
 */
export function cloudEvent(plan: Delivered, transition: Transition): Record<string, unknown> {
  const { deliveryId, traceId, key, subject, change, name, status, at, message } = transition;
  return {
    specversion: '1.0',
    id: [deliveryId, key, change, ...(change === 'finished' ? [status, at] : [])].filter(Boolean).join('/'),
    source: `/stageline/${encodeURIComponent(plan.pipeline)}/${encodeURIComponent(plan.stage)}`,
    type: `dev.stageline.${subject}.${change}`,
    subject: plan.application,
    time: at,
    datacontenttype: 'application/json',
    traceparent: formatTraceparent({ traceId, spanId: spanIdOf(traceId, spanKey.delivery()), sampled: true }),
    data: {
      pipeline: plan.pipeline,
      stage: plan.stage,
      application: plan.application,
      delivery: deliveryId,
      commit: plan.commit.id,
      freight: plan.freight.id,
      name,
      status,
      ...(message === undefined ? {} : { message }),
    },
  };
}

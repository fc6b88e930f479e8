/** A sample that is newer than the deployment it is to judge: it is waited for within the check's time. */
import { StagelineError } from '../../core/errors.ts';
import type { MetricAccess } from '../../core/plan.ts';
import { proxySettings } from '../http/proxy.ts';
import { mayComeLater, prometheusSource } from '../metrics/prometheus.ts';
import type { PrometheusServer } from '../metrics/prometheus-api.ts';
import type { Sample } from '../metrics/types.ts';
import { isTimedOut, type CheckContext } from './types.ts';

const WAIT_FIRST_MS = 500;
const WAIT_MAX_MS = 5000;

/** When the deployment that this attempt checks was over, in milliseconds since the epoch. */
export function deployedAt(context: CheckContext): number | undefined {
  const phase = context.attempt.phases.find((record) => record.name === 'deployment');
  const time = Date.parse(phase?.finishedAt ?? '');
  return context.phase === 'post-deployment' && Number.isFinite(time) ? time : undefined;
}

/** Where a figure comes from. */
interface MetricPlace {
  prometheus: string;
  headers?: Record<string, string> | undefined;
  access?: MetricAccess;
}

/**
 * After a deployment the first scrapes of the new version are still to come, so a missing or stale sample is asked
 * for again until the check's time is over. Before it there is nothing to wait for. A query that depends on the time is
 * made anew each time. Errors: `METRIC_*`.
 */
export async function freshSample(
  spec: MetricPlace & { query: string | (() => string) },
  context: CheckContext,
  notBefore: number | undefined,
): Promise<Sample> {
  const { hook, signal } = context;
  const source = prometheusSource(serverOf(spec, hook.env), hook.now);
  let last: unknown;
  for (let wait = WAIT_FIRST_MS; ; wait = Math.min(WAIT_MAX_MS, wait * 2)) {
    try {
      return await source.query({
        query: typeof spec.query === 'string' ? spec.query : spec.query(),
        signal,
        ...(notBefore === undefined ? {} : { notBefore }),
      });
    } catch (error) {
      if (isTimedOut(signal) && last !== undefined) throw last;
      if (notBefore === undefined || !mayComeLater(error)) throw error;
      last = error;
    }
    await hook.sleep(wait, signal).catch((reason: unknown) => {
      throw isTimedOut(signal) ? last : reason;
    });
  }
}

/** User and password come from the hook Job's own environment, never from the plan. */
function serverOf(spec: MetricPlace, env: NodeJS.ProcessEnv): PrometheusServer {
  const { basicAuth, insecureSkipVerify } = spec.access ?? {};
  const server: PrometheusServer = {
    url: spec.prometheus,
    proxy: proxySettings(env),
    ...(spec.headers === undefined ? {} : { headers: spec.headers }),
    ...(insecureSkipVerify === undefined ? {} : { insecureSkipVerify }),
  };
  if (basicAuth === undefined) return server;
  const [user, password] = [env[basicAuth.userEnv], env[basicAuth.passwordEnv]];
  if (user !== undefined && password !== undefined) return { ...server, basicAuth: { user, password } };
  throw new StagelineError(`the hook has no user and password for ${spec.prometheus}`, {
    code: 'METRIC_CREDENTIALS',
    hint: 'Create the Secret that the metrics provider names in the namespace of the hooks',
    blame: 'setup',
  });
}

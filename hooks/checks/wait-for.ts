/** Waits until a Prometheus target is up, or until a resource of the namespace has a condition. */
import { formatDuration, parseDuration } from '../../core/duration.ts';
import { messageOf } from '../../core/errors.ts';
import type { CheckOutcome } from '../../core/outcome.ts';
import type { WaitForSpec } from '../../core/pipeline/schema.ts';
import { KubeError } from '../../runtime/kube/errors.ts';
import { resourceOf } from '../../runtime/kube/resource-name.ts';
import { proxySettings } from '../http/proxy.ts';
import { byServerClock } from '../metrics/prometheus.ts';
import { instantQuery, type QueryAnswer, type Series } from '../metrics/prometheus-api.ts';
import { jsonProblem } from './expect-json.ts';
import { deployedAt } from './fresh-sample.ts';
import { isTimedOut, type CheckContext, type SpecOf } from './types.ts';

const DEFAULT_EVERY = '2s';
const TARGET_LIMIT = 1000;

type PrometheusTarget = Extract<WaitForSpec, { prometheus: string }>;
type ResourceTarget = Extract<WaitForSpec, { resource: object }>;

/**
 * Passes as soon as it is so; `failed` if it is not by the check's timeout, with what was last seen. Servers that
 * do not answer are waited for too; what no waiting can mend, such as a missing right, is `errored` at once.
 */
export async function runWaitFor(spec: SpecOf<'wait-for'>, context: CheckContext): Promise<CheckOutcome> {
  const every = parseDuration(spec.every ?? DEFAULT_EVERY) ?? Number.NaN;
  const what = 'prometheus' in spec ? targetName(spec) : resourceName(spec);
  const { hook, signal } = context;
  let last = 'it was not seen';
  try {
    for (;;) {
      const missing =
        'prometheus' in spec ? await targetsMissing(spec, context) : await conditionMissing(spec, context);
      if (missing === undefined) return { status: 'passed', message: `${what} is as expected` };
      last = missing;
      await hook.sleep(every, signal);
    }
  } catch (error) {
    if (!isTimedOut(signal)) throw error;
    const limit = formatDuration(context.check.timeoutMs);
    return { status: 'failed', message: `${what} was not as expected within ${limit}: ${last}` };
  }
}

function targetName(spec: PrometheusTarget): string {
  return `target ${selector(spec)} at ${spec.prometheus}`;
}

function selector(spec: PrometheusTarget): string {
  const labels = Object.entries(spec.up).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `up{${labels.join(',')}}`;
}

/**
 * What is missing, or undefined. After a deployment a target counts only once it has been scraped since: what Prometheus
 * knew before says nothing about the new version.
 */
async function targetsMissing(spec: PrometheusTarget, context: CheckContext): Promise<string | undefined> {
  const { prometheus: url, headers } = spec;
  const server = {
    url,
    proxy: proxySettings(context.hook.env),
    ...(headers === undefined ? {} : { headers }),
  };
  const ask = (query: string): Promise<QueryAnswer> =>
    instantQuery(server, { query, limit: TARGET_LIMIT, signal: context.signal });
  const since = deployedAt(context);
  try {
    // The times first: a scrape between the two questions can then only make a state newer than its time.
    const scraped = since === undefined ? undefined : await ask(`timestamp(${selector(spec)})`);
    const { series } = await ask(selector(spec));
    const notBefore = since ?? 0;
    const isFresh =
      scraped === undefined ? () => true : isScrapedSince(scraped, { notBefore, now: context.hook.now() });
    const fresh = series.filter(isFresh);
    const up = fresh.filter((one) => one.value === 1).length;
    const wanted = spec.atLeast ?? 1;
    const old = series.length - fresh.length;
    if (old > 0) return `${old} of ${series.length} targets were not scraped since the deployment`;
    if (up < wanted) return `${up} of ${wanted} targets are up`;
    return up < series.length ? `${series.length - up} of ${series.length} targets are down` : undefined;
  } catch (error) {
    if (context.signal.aborted) throw error;
    return messageOf(error);
  }
}

function isScrapedSince(
  scraped: QueryAnswer,
  times: { notBefore: number; now: number },
): (target: Series) => boolean {
  const notBefore = byServerClock(times.notBefore, scraped.serverTime, times.now);
  const known = new Map(scraped.series.map((one) => [identityOf(one), one.value * 1000]));
  return (target) => (known.get(identityOf(target)) ?? 0) >= notBefore;
}

/** A target's labels; a function's answer has no `__name__`. */
function identityOf({ labels }: Series): string {
  const own = Object.entries(labels).filter(([name]) => name !== '__name__');
  return JSON.stringify(own.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function resourceName(spec: ResourceTarget): string {
  return `${spec.resource.kind} "${spec.resource.name}"`;
}

async function conditionMissing(spec: ResourceTarget, context: CheckContext): Promise<string | undefined> {
  const { client, namespace } = context.hook;
  let object: unknown;
  try {
    object = await client.find<unknown>(
      { verb: 'get', ...resourceOf(spec.resource), namespace, name: spec.resource.name },
      context.signal,
    );
  } catch (error) {
    if (context.signal.aborted) throw error;
    const isFinal = error instanceof KubeError && error.code !== 'KUBE_UNAVAILABLE';
    if (isFinal) throw error;
    return messageOf(error);
  }
  if (object === undefined) return 'it is not there';
  const condition = spec.condition && conditionProblem(object, spec.condition);
  return condition ?? jsonProblem(object, spec.json ?? []);
}

function conditionProblem(
  object: unknown,
  wanted: NonNullable<ResourceTarget['condition']>,
): string | undefined {
  const status = wanted.status ?? 'True';
  const found = conditionsOf(object).find((condition) => condition['type'] === wanted.type);
  if (!found) return `it has no condition ${wanted.type}`;
  if (isOfBefore(object, found)) return `its condition ${wanted.type} is from before its last change`;
  if (found['status'] === status) return undefined;
  const message = typeof found['message'] === 'string' ? ` (${found['message']})` : '';
  return `its condition ${wanted.type} is ${String(found['status'])}${message}`;
}

/** As `kubectl wait` sees it: the controller has not looked at the object since its specification changed. */
function isOfBefore(object: unknown, condition: Record<string, unknown>): boolean {
  const { metadata, status } = isRecord(object) ? object : {};
  const generation = isRecord(metadata) ? metadata['generation'] : undefined;
  const observed =
    condition['observedGeneration'] ?? (isRecord(status) ? status['observedGeneration'] : undefined);
  return typeof generation === 'number' && typeof observed === 'number' && observed < generation;
}

function conditionsOf(object: unknown): Record<string, unknown>[] {
  const status = isRecord(object) ? object['status'] : undefined;
  const conditions = isRecord(status) ? status['conditions'] : undefined;
  return Array.isArray(conditions) ? conditions.filter(isRecord) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

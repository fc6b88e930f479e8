/** HTTP probe: status, body and latency of one request. */
import { formatDuration, parseDuration } from '../../core/duration.ts';
import { StagelineError } from '../../core/errors.ts';
import type { CheckOutcome } from '../../core/outcome.ts';
import { connectionProblem } from '../http/connection-problem.ts';
import { proxySettings } from '../http/proxy.ts';
import { sendHttp, type HttpAnswer } from '../http/send.ts';
import { tlsOptions } from '../http/tls.ts';
import { jsonProblem, type JsonExpectation } from './expect-json.ts';
import { isTimedOut, type CheckContext, type SpecOf } from './types.ts';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/**
 * An answer that is not as expected, and none in time, is `failed`; no connection is `errored`. Redirects are
 * not followed: the probe is about the address that it names. `value` is the latency in seconds.
 */
export async function runHttp(spec: SpecOf<'http'>, context: CheckContext): Promise<CheckOutcome> {
  const { signal, hook } = context;
  let answer: HttpAnswer;
  try {
    answer = await sendHttp({
      url: spec.url,
      method: spec.method ?? 'GET',
      headers: { ...spec.headers, traceparent: context.traceparent },
      ...(spec.body === undefined ? {} : { body: spec.body }),
      signal,
      maxBytes: MAX_BODY_BYTES,
      proxy: proxySettings(hook.env),
      ...(spec.tls === undefined ? {} : { tls: tlsOptions(spec.tls) }),
    });
  } catch (cause) {
    if (isTimedOut(signal)) {
      const limit = formatDuration(context.check.timeoutMs);
      return { status: 'failed', message: `${spec.url} did not answer within ${limit}` };
    }
    if (signal.aborted) throw signal.reason;
    throw new StagelineError(`${spec.url} cannot be reached: ${connectionProblem(cause)}`, {
      code: 'HTTP_UNREACHABLE',
      hint: 'Check the address, the Service behind it and network policies',
      blame: 'setup',
      cause,
    });
  }
  const value = answer.latencyMs / 1000;
  const problem = problemWith(spec, answer);
  if (problem !== undefined) return { status: 'failed', message: `${spec.url} ${problem}`, value };
  return {
    status: 'passed',
    message: `${spec.url} answered ${answer.status} in ${formatDuration(answer.latencyMs)}`,
    value,
  };
}

function problemWith(spec: SpecOf<'http'>, answer: HttpAnswer): string | undefined {
  const { status: expected, bodyContains, json, maxLatency } = spec.expect ?? {};
  const statuses = expected === undefined ? undefined : [expected].flat();
  const isExpected = statuses
    ? statuses.includes(answer.status)
    : answer.status >= 200 && answer.status <= 299;
  if (!isExpected) {
    const { location } = answer.headers;
    const isRedirect = answer.status >= 300 && answer.status < 400 && location !== undefined;
    const to = isRedirect ? ` (to ${location})` : '';
    return `answered ${answer.status}${to}, expected ${statuses?.join(' or ') ?? '200 to 299'}`;
  }
  if (bodyContains !== undefined && !answer.body.includes(bodyContains)) {
    const where = answer.truncated ? `the first ${MAX_BODY_BYTES} bytes of its body` : 'its body';
    return `answered ${answer.status}, but ${where} does not contain "${bodyContains}"`;
  }
  const inJson = json === undefined ? undefined : bodyProblem(answer, json);
  if (inJson !== undefined) return `answered ${answer.status}, but ${inJson}`;
  const limit = maxLatency === undefined ? undefined : parseDuration(maxLatency);
  if (limit !== undefined && answer.latencyMs > limit) {
    return `answered in ${formatDuration(answer.latencyMs)}, allowed are ${maxLatency}`;
  }
  return undefined;
}

function bodyProblem(answer: HttpAnswer, expected: readonly JsonExpectation[]): string | undefined {
  let document: unknown;
  try {
    document = JSON.parse(answer.body);
  } catch {
    return answer.truncated ? `its body is larger than ${MAX_BODY_BYTES} bytes` : 'its body is not JSON';
  }
  return jsonProblem(document, expected);
}

/** Runs one hook from its environment to its exit code: the work, the closing after SIGTERM, and the trace. */
import { randomBytes } from 'node:crypto';
import { errorLine } from '../core/errors.ts';
import type { Ledger } from '../core/ledger/types.ts';
import { ledgerTransitions } from '../core/ledger/transitions.ts';
import type { HookRole } from '../core/plan.ts';
import { connectKube } from '../runtime/kube/client.ts';
import { LedgerStore } from '../runtime/kube/ledger-store.ts';
import { delay } from '../runtime/kube/retry.ts';
import { redact, type Logger } from '../runtime/log.ts';
import { exportSpans } from '../runtime/telemetry/export-spans.ts';
import { HookStopped, idOf, type HookContext, type HookResult } from './context.ts';
import { cloudEventSink } from './events/cloudevents.ts';
import { kubernetesEventSink } from './events/kubernetes-events.ts';
import { createPublisher, type EventSink } from './events/publisher.ts';
import { proxySettings } from './http/proxy.ts';
import { readHookEnvironment } from './environment.ts';
import { runPostHook, runPreHook } from './phases/check-hook.ts';
import { runFailHook } from './phases/fail-hook.ts';
import { closeStopped } from './phases/stopped.ts';
import { secretValues } from './secret-values.ts';
import { spansToSend } from './spans.ts';

export interface HookOptions {
  env: NodeJS.ProcessEnv;
  log: Logger;
  /** Aborted with `HookStopped` when the process is told to end. */
  stop: AbortSignal;
}

export interface HookEnd {
  exitCode: 0 | 1;
  /** One line that says how it ended. */
  line: string;
}

const EVENTS_BUDGET_MS = 2000;

const ROLES: Record<HookRole, (context: HookContext) => Promise<HookResult>> = {
  pre: runPreHook,
  post: runPostHook,
  // Git, YAML and schemas are a tenth of a second that the other hooks need not spend.
  promote: async (context) => (await import('./phases/promote-hook.ts')).runPromoteHook(context),
  fail: runFailHook,
};

/** Never throws: whatever goes wrong becomes a line and exit code 1. */
export async function runHook(options: HookOptions): Promise<HookEnd> {
  let context: HookContext;
  let before: Ledger;
  try {
    context = makeContext(options);
    before = await context.store.read();
  } catch (error) {
    return { exitCode: 1, line: redact(errorLine(error), secretValues(options.env)) };
  }
  const { result, line: said } = await runRole(context);
  // It goes past the logger, and into the pod's status.
  const line = redact(said, secretValues(options.env));
  await Promise.all([sendTrace(context, before, result.recovered), context.events.flush(EVENTS_BUDGET_MS)]);
  context.log.info('hook has ended', { status: result.status, ledgerWrites: context.store.writes });
  return { exitCode: result.status === 'passed' ? 0 : 1, line };
}

function makeContext(options: HookOptions): HookContext {
  const hook = readHookEnvironment(options.env);
  const log = options.log.with({ role: hook.role, stage: hook.plan.stage, operation: hook.operation });
  const client = connectKube(options.env);
  const now = Date.now;
  const events = createPublisher(eventSinks(options.env, { ...hook, client }), log);
  return {
    ...hook,
    env: options.env,
    client,
    log,
    now,
    events,
    store: new LedgerStore({
      client,
      namespace: hook.namespace,
      plan: hook.plan,
      log,
      now,
      onWrite: (before, after) => events.publish(ledgerTransitions(before, after)),
    }),
    sleep: delay,
    random: Math.random,
    newTraceId: () => randomBytes(16).toString('hex'),
    stop: options.stop,
  };
}

function eventSinks(
  env: NodeJS.ProcessEnv,
  hook: Pick<HookContext, 'client' | 'namespace' | 'plan' | 'podName'>,
): EventSink[] {
  const sinks = [kubernetesEventSink(env, hook), cloudEventSink(env, hook.plan, proxySettings(env))];
  return sinks.filter((sink) => sink !== undefined);
}

async function runRole(context: HookContext): Promise<{ result: HookResult; line: string }> {
  try {
    const result = await ROLES[context.role](context);
    return { result, line: `stageline: ${result.message.replace(/\s+/g, ' ')}` };
  } catch (error) {
    const stopped = error instanceof HookStopped || context.stop.reason instanceof HookStopped;
    const line = stopped ? await closingLine(context) : errorLine(error);
    return { result: { status: 'errored', message: line, recovered: false }, line };
  }
}

async function closingLine(context: HookContext): Promise<string> {
  try {
    return `stageline: ${await closeStopped(context)}`;
  } catch (error) {
    return errorLine(error);
  }
}

async function sendTrace(context: HookContext, before: Ledger, recovered: boolean): Promise<void> {
  try {
    const after = await context.store.read();
    await exportSpans(spansToSend(before, after, { id: idOf(context), recovered }), {
      env: context.env,
      log: context.log,
    });
  } catch (error) {
    context.log.warn('the trace could not be made', { error });
  }
}

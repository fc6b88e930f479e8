/** Waiting for a version's way through the stages to end. */
import { StagelineError } from '../../core/errors.ts';
import { instanceNameOf } from '../../core/pipeline/find-stage.ts';
import type { ApplicationStatus } from '../argocd/index.ts';
import type { World } from './world.ts';
import { deliveryOf, reportOf, type DemoReport } from './report.ts';

export class Interrupted extends Error {}

/**
 * Resolves with the report when nothing moves any more: every delivery of the version has its verdict, or the first
 * stage cannot even begin one, and Argo CD has no operation left to run. Rejects with `Interrupted` when `signal` aborts.
 */
export async function waitForVersion(
  world: World,
  originCommit: string,
  signal: AbortSignal,
): Promise<DemoReport> {
  const report = (): DemoReport =>
    reportOf({ pipeline: world.pipeline, ledgers: world.ledgers(), originCommit });
  const knownProblem = brokenBy(world.argocd.application(firstApplication(world))?.status);
  await until(world, () => isSettled(world, originCommit, knownProblem), signal);
  return report();
}

/**
 * Resolves when dev and prod run the version that the repository began with. Errors: `DEMO_START` if Argo CD gave
 * up on it.
 */
export async function waitForStart(world: World, signal: AbortSignal): Promise<void> {
  await until(
    world,
    () => {
      if (!operationsAreOver(world)) return false;
      const ledgers = world.ledgers();
      const missing = world.pipeline.stages.find(
        (stage) => ledgers.get(stage.application)?.deliveries[0]?.status !== 'succeeded',
      );
      const reason = missing === undefined ? undefined : givenUp(world, missing.application);
      if (missing !== undefined && reason !== undefined) throw startFailed(missing.application, reason);
      return missing === undefined;
    },
    signal,
  );
}

/** Why Argo CD will not go on by itself, if it will not. */
function givenUp(world: World, name: string): string | undefined {
  const status = world.argocd.application(name)?.status;
  const broken = brokenBy(status);
  if (broken !== undefined) return broken;
  // A check that failed after deployment leaves the application Synced: nothing but the operation tells.
  const { phase, message } = status?.operationState ?? {};
  if (phase !== 'Failed' && phase !== 'Error') return undefined;
  return world.ledgers().get(name)?.deliveries[0]?.message ?? message;
}

function startFailed(application: string, reason: string): StagelineError {
  return new StagelineError(`${application} did not start: ${reason}`, {
    code: 'DEMO_START',
    hint: 'Run it again with --keep DIR and look at the ledgers there',
    blame: 'system',
  });
}

/** A render or a sync of the first stage that fails before any hook runs leaves no delivery to look at. */
function failedUnseen(world: World, originCommit: string, knownProblem: string | undefined): boolean {
  const status = world.argocd.application(firstApplication(world))?.status;
  const problem = brokenBy(status);
  if (problem !== undefined && problem !== knownProblem) return true;
  const { phase, operation } = status?.operationState ?? {};
  return (phase === 'Failed' || phase === 'Error') && operation?.sync?.revision === originCommit;
}

function firstApplication(world: World): string {
  const [entry] = world.pipeline.stages;
  return entry === undefined ? '' : instanceNameOf(entry);
}

function brokenBy(status: ApplicationStatus | undefined): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'ComparisonError' || type === 'SyncError')?.message;
}

function isSettled(world: World, originCommit: string, knownProblem: string | undefined): boolean {
  const input = { pipeline: world.pipeline, ledgers: world.ledgers(), originCommit };
  const deliveries = world.pipeline.stages.map((stage) => deliveryOf(stage, input));
  const first = deliveries[0];
  if (!operationsAreOver(world)) return false;
  if (!first) return failedUnseen(world, originCommit, knownProblem);
  if (first.status === 'running') return false;
  if (first.status === 'failed') return true;
  // A promotion that changed the target is over only when the target has delivered it.
  return world.pipeline.stages.every((stage, index) => {
    const delivery = deliveries[index];
    if (delivery) return delivery.status !== 'running';
    const isPromoted = deliveries.some((other) =>
      other?.promotions.some(({ status, target }) => status === 'done' && target === stage.name),
    );
    return !isPromoted || givenUp(world, stage.application) !== undefined;
  });
}

/** Whether Argo CD has no sync to run or to try again. */
export function operationsAreOver(world: World): boolean {
  return world.argocd.applications().every((application) => {
    const state = application.status?.operationState;
    return (
      application.operation === undefined && state?.phase !== 'Running' && state?.phase !== 'Terminating'
    );
  });
}

function until(world: World, condition: () => boolean, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stops: (() => void)[] = [];
    const finish = (end: () => void): void => {
      for (const stop of stops.splice(0)) stop();
      end();
    };
    const look = (): void => {
      try {
        if (condition()) finish(resolve);
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const onAbort = (): void => finish(() => reject(new Interrupted('interrupted')));
    signal.addEventListener('abort', onAbort, { once: true });
    stops.push(() => signal.removeEventListener('abort', onAbort));
    stops.push(
      world.store.watch(() => look()),
      world.argocd.onChange(() => look()),
    );
    if (signal.aborted) onAbort();
    else look();
  });
}

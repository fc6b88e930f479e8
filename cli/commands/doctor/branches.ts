/** Which branches promotions write to, and whether their Git host protects them. */
import { errorLine } from '../../../core/errors.ts';
import type { Pipeline, Stage } from '../../../core/pipeline/schema.ts';
import { instanceNameOf } from '../../../core/pipeline/find-stage.ts';
import { instanceName } from '../../../core/names.ts';
import { createLogger } from '../../../runtime/log.ts';
import { delay } from '../../../runtime/kube/retry.ts';
import type { Application } from './objects.ts';

export interface BranchFact {
  stage: string;
  branch: string;
  repoURL: string;
  /** The promotion merges by pushing, without a pull request. */
  pushes: boolean;
  directPush: 'refused' | 'allowed' | 'unknown';
  /** Why it is unknown. */
  problem?: string;
}

/** Asks the Git host of every stage that is promoted into, with the credentials of the environment. */
export async function readBranches(
  pipeline: Pipeline,
  applications: readonly Application[],
  options: { env: NodeJS.ProcessEnv; namespace: string },
): Promise<BranchFact[]> {
  const facts: BranchFact[] = [];
  for (const stage of pipeline.stages) {
    const application = applications.find(
      ({ metadata }) =>
        instanceName(metadata.name, metadata.namespace ?? options.namespace, options.namespace) ===
        instanceNameOf(stage),
    );
    const { promotion } = stage;
    const repoURL = promotion?.repository ?? application?.spec.source?.repoURL;
    if (stage.after === undefined || repoURL === undefined) continue;
    const branch = promotion?.branch ?? application?.spec.source?.targetRevision ?? 'HEAD';
    const base = { stage: stage.name, branch, repoURL, pushes: pushesDirectly(stage) };
    const env = {
      ...options.env,
      ...(promotion?.provider === undefined ? {} : { STAGELINE_GIT_PROVIDER: promotion.provider }),
      ...(promotion?.api === undefined ? {} : { STAGELINE_GIT_API_URL: promotion.api }),
    };
    facts.push({ ...base, ...(await protection(repoURL, branch, env)) });
  }
  return facts;
}

function pushesDirectly(stage: Stage): boolean {
  const push = stage.promotion?.push;
  return push !== undefined && push.merge !== false;
}

async function protection(
  repoURL: string,
  branch: string,
  env: NodeJS.ProcessEnv,
): Promise<Pick<BranchFact, 'directPush' | 'problem'>> {
  const { openProvider, parseRepositoryAddress } =
    await import('../../../hooks/promotion/providers/index.ts');
  try {
    const provider = openProvider({
      repository: parseRepositoryAddress(repoURL),
      env,
      log: createLogger({ write: () => undefined, now: Date.now }),
      now: Date.now,
      sleep: delay,
      random: Math.random,
      signal: AbortSignal.timeout(30_000),
      waitBudgetMs: 5_000,
    });
    const result = await provider.readProtection(branch);
    if (result.status === 'success') return { directPush: result.value.directPush };
    return { directPush: 'unknown', problem: plain(result.error) };
  } catch (error) {
    return { directPush: 'unknown', problem: plain(error) };
  }
}

function plain(error: unknown): string {
  return errorLine(error).replace(/^stageline: [A-Z_]+: /, '');
}

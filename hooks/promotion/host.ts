/** The Git host of a promotion: its provider, the address that Git uses, and the credentials for it. */
import { StagelineError } from '../../core/errors.ts';
import type { PlannedPlace } from '../../core/plan.ts';
import type { PromotionTools } from './order.ts';
import { openProvider, parseRepositoryAddress, type GitProvider } from './providers/index.ts';

type Place = Pick<PlannedPlace, 'repoURL' | 'provider' | 'api'>;

/** Errors: `PROVIDER_UNKNOWN`, `PROVIDER_CREDENTIALS`, `PROVIDER_ADDRESS`. */
export function providerOf(tools: PromotionTools, place: Place): GitProvider {
  return openProvider({
    repository: parseRepositoryAddress(place.repoURL),
    env: hostEnvironment(tools.env, place),
    log: tools.log,
    now: tools.now,
    sleep: tools.sleep,
    random: tools.random,
    signal: tools.signal,
    ...(tools.send === undefined ? {} : { send: tools.send }),
  });
}

/** What the pipeline file says goes before what the environment says. */
function hostEnvironment(env: NodeJS.ProcessEnv, place: Place): NodeJS.ProcessEnv {
  return {
    ...env,
    ...(place.provider === undefined ? {} : { STAGELINE_GIT_PROVIDER: place.provider }),
    ...(place.api === undefined ? {} : { STAGELINE_GIT_API_URL: place.api }),
  };
}

export interface GitAccess {
  url: string;
  credentials?: { username: string; token: string };
}

/**
 * How Git reaches the repository. A token cannot be used over SSH: then Git takes the host's HTTPS address. A GitHub
 * App's token is asked of the provider. Errors: those of `providerOf` and of the provider.
 */
export async function gitAccess(tools: PromotionTools, place: Place): Promise<GitAccess> {
  const { env } = tools;
  const token = env['STAGELINE_GIT_TOKEN']?.trim();
  if (token) {
    const username = env['STAGELINE_GIT_USERNAME'] || 'git';
    return { url: httpAddress(place.repoURL), credentials: { username, token } };
  }
  if (!env['STAGELINE_GITHUB_APP_ID']) return { url: place.repoURL };
  const credentials = await providerOf(tools, place).gitCredentials();
  if (credentials.status !== 'success') throw credentials.error;
  return { url: httpAddress(place.repoURL), credentials: credentials.value };
}

function httpAddress(repoURL: string): string {
  if (/^https?:\/\//i.test(repoURL)) return repoURL.replace(/^(https?:\/\/)[^/@]*@/i, '$1');
  if (!/^((git\+)?ssh:\/\/|[^\s/]+@[^\s/]+:)/i.test(repoURL)) return repoURL;
  const { origin, slug } = parseRepositoryAddress(repoURL);
  return `${origin}/${slug}.git`;
}

/** Where people look at a commit; the hosts that we know have it at the same place. */
export function commitAddress(
  place: Pick<PlannedPlace, 'repoURL' | 'links'>,
  commit: string,
): string | undefined {
  if (!/^[0-9a-f]{7,64}$/.test(commit)) return undefined;
  const template = place.links?.commit;
  if (template !== undefined) return template.replaceAll('{commit}', commit);
  try {
    const { origin, slug } = parseRepositoryAddress(place.repoURL);
    return `${origin}/${slug}/commit/${commit}`;
  } catch (error) {
    if (error instanceof StagelineError) return undefined;
    throw error;
  }
}

/** Where people look at a trace, if the pipeline file says so. */
export function traceAddress(place: Pick<PlannedPlace, 'links'>, traceId: string): string | undefined {
  return place.links?.trace?.replaceAll('{traceId}', traceId);
}

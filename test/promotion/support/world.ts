/** The hook tests' world with a GitHub stand-in on the same repository. */
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { DeliveryRecord, PromotionRecord } from '../../../core/ledger/types.ts';
import type { Plan, PlannedPromotion, PromotionWay } from '../../../core/plan.ts';
import {
  startGitHubStandIn,
  type GitHubStandIn,
  type GitHubStandInOptions,
  type RepositorySeed,
  type StoredPull,
} from '../../../sandbox/github/index.ts';
import type { TokenSeed } from '../../../sandbox/github/access.ts';
import { planFor, startHookWorld, type HookWorld, type PlanParts } from '../../hooks/support/world.ts';

export const TOKEN = 'git-token-for-tests';

export interface PromotionWorld extends HookWorld {
  github: GitHubStandIn;
  /** The repository as its host names it. */
  repository: string;
  pulls(): StoredPull[];
  plan(promotion?: Partial<PlannedPromotion>, parts?: PlanParts): Plan;
  deliveries(): DeliveryRecord[];
  /** Of the newest delivery. */
  promotion(): PromotionRecord | undefined;
}

/** Starts it; `seed` says what the host knows of the repository. */
export async function startPromotionWorld(
  seed: Partial<RepositorySeed> = {},
  options: Parameters<typeof startHookWorld>[0] &
    Pick<GitHubStandInOptions, 'apps' | 'now'> & { tokens?: TokenSeed[] } = {},
): Promise<PromotionWorld> {
  const { apps = [], tokens = [], now = Date.now, ...hooks } = options;
  const users = Object.fromEntries(tokens.map(({ login, token }) => [login, token]));
  const world = await startHookWorld({ ...hooks, users: { ...users, ...hooks.users } });
  mkdirSync(path.join(world.folder, 'acme'));
  symlinkSync('../shop.git', path.join(world.folder, 'acme/shop.git'));
  const github = await startGitHubStandIn({
    repositories: [
      {
        owner: 'acme',
        name: 'shop',
        gitDir: path.join(world.folder, 'shop.git'),
        collaborators: ['alice', 'bob'],
        allowAutoMerge: true,
        workflows: {
          'promote.yaml': {
            inputs: ['traceParent', 'version'],
            runName: 'Promote ${{ inputs.traceParent }}',
          },
        },
        ...seed,
      },
    ],
    tokens: [{ token: TOKEN, login: 'promoter', rights: { scopes: ['repo'] } }, ...tokens],
    apps,
    now,
  });
  const repository = `${world.git.url}/acme/shop.git`;
  return {
    ...world,
    github,
    repository,
    pulls: () => github.repository('acme/shop').pulls,
    plan: (promotion = {}, parts = {}) => {
      const place = { repoURL: repository, provider: 'github', api: github.url } as const;
      return planFor(
        { repoURL: repository, head: world.head },
        { ...parts, promotions: [{ ...place, ...promotion }] },
      );
    },
    deliveries: () => world.ledger().deliveries,
    promotion: () => world.ledger().deliveries[0]?.promotions[0],
    async close() {
      await github.close();
      await world.close();
    },
  };
}

/** Promotion by pull request, as plain as it goes. */
export function byPullRequest(
  more: Partial<Extract<PromotionWay, { kind: 'pull-request' }>> = {},
): PromotionWay {
  return {
    kind: 'pull-request',
    labels: [],
    reviewers: { users: [], teams: [] },
    draft: false,
    ...more,
  };
}

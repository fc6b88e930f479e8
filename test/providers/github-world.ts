/** A stand-in for GitHub with one repository, and providers on it with whatever token a test needs. */
import { afterEach, expect } from 'vitest';
import {
  openProvider,
  parseRepositoryAddress,
  type GitProvider,
} from '../../hooks/promotion/providers/index.ts';
import { createLogger } from '../../runtime/log.ts';
import {
  startGitHubStandIn,
  type GitHubStandIn,
  type GitHubStandInOptions,
} from '../../sandbox/github/index.ts';

export const HEAD = 'stageline/prod/0123abcd';
export const MAIN_COMMIT = 'a'.repeat(40);
export const HEAD_COMMIT = 'b'.repeat(40);
export const TOKEN = 'ghp_secretsecretsecretsecret0001';
export const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
/** The world's clock when it begins. */
export const START = Date.parse('2026-03-01T10:00:00Z');

export interface World {
  github: GitHubStandIn;
  provider: GitProvider;
  /** Another provider on the same repository. */
  open(env?: NodeJS.ProcessEnv, options?: { timeoutMs?: number; signal?: AbortSignal }): GitProvider;
  /** Waits that were asked for, in milliseconds; the clock moves by them at once. */
  waits: number[];
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  /** Everything that was logged. */
  printed: string[];
}

const open: GitHubStandIn[] = [];

/** To be called once a test file: every stand-in ends, and none of them met what GitHub's description does not have. */
export function holdToDescription(): void {
  afterEach(async () => {
    const ended = open.splice(0);
    await Promise.all(ended.map((github) => github.close()));
    expect(ended.flatMap((github) => github.violations)).toEqual([]);
  });
}

export async function startWorld(
  seed: Partial<GitHubStandInOptions['repositories'][number]> = {},
  options: Partial<GitHubStandInOptions> = {},
): Promise<World> {
  let clock = START;
  const now = (): number => clock;
  const github = await startGitHubStandIn({
    repositories: [
      {
        owner: 'acme',
        name: 'shop',
        private: true,
        branches: { main: MAIN_COMMIT, [HEAD]: HEAD_COMMIT },
        collaborators: ['alice', 'bob'],
        workflows: {
          'promote.yaml': { inputs: ['traceParent'], runName: 'Promote ${{ inputs.traceParent }}' },
        },
        ...seed,
      },
    ],
    tokens: [{ token: TOKEN, login: 'promoter', rights: { scopes: ['repo'] } }],
    now,
    ...options,
  });
  open.push(github);
  const waits: number[] = [];
  const printed: string[] = [];
  const sleep = async (ms: number): Promise<void> => {
    waits.push(ms);
    clock += ms;
  };
  const openWith: World['open'] = (
    env = {},
    { timeoutMs = 10_000, signal = new AbortController().signal } = {},
  ) =>
    openProvider({
      repository: parseRepositoryAddress('https://github.com/acme/shop.git'),
      env: { STAGELINE_GIT_TOKEN: TOKEN, STAGELINE_GIT_API_URL: github.url, ...env },
      log: createLogger({ write: (line) => printed.push(line), now, level: 'debug' }),
      now,
      sleep,
      random: () => 0.5,
      signal,
      timeoutMs,
    });
  return { github, provider: openWith(), open: openWith, waits, now, sleep, printed };
}

/** The value of a success; fails the test with the error otherwise. */
export function valueOf<T>(result: { status: string; value?: T; error?: Error }): T {
  if (result.status !== 'success') throw result.error ?? new Error(result.status);
  return result.value as T;
}

/** Asks Git for the last commit that touched some paths. */
import type { PlannedCommit } from '../../core/plan.ts';
import { gitFailed, tryGit, type GitResult } from '../../runtime/git.ts';
import type { Inputs } from './inputs.ts';

export interface CommitOptions {
  root: string;
  /** What the root lacks of the repository; then there is no history either. */
  missingPrefix: string;
  /** Absent where there is no history. */
  gitDir: string | undefined;
  timeoutMs: number;
  signal: AbortSignal;
  /** `digest` leaves history alone. */
  mode: 'auto' | 'digest';
}

/** An answer that was asked for before all inputs were known; it counts if they turn out to be these. */
export interface EarlyCommit {
  inputs: Inputs;
  commit: Promise<PlannedCommit | undefined>;
}

const FORMAT = '%H%x00%an <%ae>%x00%s%x00%cI';

/** The commit, or undefined if none touched the inputs. Errors: `GIT_TIMEOUT`, `GIT_FAILED`. */
export async function lastCommit(
  inputs: Inputs,
  options: CommitOptions,
  gitDir: string,
): Promise<PlannedCommit | undefined> {
  const result = await tryGitHere(
    ['log', '-1', '--no-decorate', `--format=${FORMAT}`, 'HEAD', '--', ...pathspecs(inputs)],
    options,
    gitDir,
  );
  if (result.exitCode !== 0) throw gitFailed(['log'], result);
  const [id, author, subject, committedAt] = result.stdout.trimEnd().split('\0');
  if (!id || !/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(id)) return undefined;
  return {
    id,
    mode: 'git',
    ...(author ? { author } : {}),
    ...(subject ? { subject: subject.replace(/^(.{199}).{2,}$/su, '$1…') } : {}),
    ...(committedAt ? { committedAt } : {}),
  };
}

/** Runs Git on the repository at hand. Errors: `GIT_TIMEOUT`. */
export function tryGitHere(
  args: readonly string[],
  options: CommitOptions,
  gitDir: string,
): Promise<GitResult> {
  return tryGit(args, {
    gitDir,
    workTree: options.root,
    cwd: options.root,
    timeoutMs: options.timeoutMs,
    signal: options.signal,
    env: { GIT_NO_REPLACE_OBJECTS: '1' },
  });
}

/** Literal paths, and what belongs to other stages taken out. */
function pathspecs(inputs: Inputs): string[] {
  return [
    ...inputs.include.map((path) => `:(top,literal)${path === '.' ? '' : path}`),
    ...inputs.exclude.map((path) => `:(top,exclude,literal)${path}`),
  ];
}

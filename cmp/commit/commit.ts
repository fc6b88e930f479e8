/**
 * The path-scoped commit: the last one that touched the application's own inputs. The head of the repository is never
 * injected, since it would make every application of a monorepo differ with every commit.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import type { PlannedCommit } from '../../core/plan.ts';
import { gitFailed, tryGit, type GitResult } from '../../runtime/git.ts';
import { digestOfTree, digestOfWorkTree } from './digest.ts';
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

const FORMAT = '%H%x00%an <%ae>%x00%s%x00%cI';

/**
 * Finds the commit of some inputs.
 *
 * A shallow history cannot give a lasting answer: with every further commit its boundary moves, and with it the commit
 * that seems to have made everything. What is compared is then a digest of the inputs, and a commit that the history
 * does show is told to people only. Errors: `COMMIT_TIMEOUT`, `GIT_FAILED`, `INPUTS_EMPTY`.
 */
export async function findCommit(inputs: Inputs, options: CommitOptions): Promise<PlannedCommit> {
  const { gitDir } = options;
  if (gitDir === undefined || !existsSync(join(gitDir, 'HEAD'))) {
    return { id: digestOfWorkTree(options, inputs), mode: 'digest' };
  }
  const shallowFile = join(gitDir, 'shallow');
  const shallow = existsSync(shallowFile);
  if (options.mode === 'digest') return { id: await treeDigest(inputs, options, gitDir), mode: 'digest' };
  if (!shallow) {
    const commit = await lastCommit(inputs, options, gitDir);
    if (commit) return commit;
    throw new StagelineError(`no commit of the repository touches ${inputs.include.join(', ')}`, {
      code: 'INPUTS_EMPTY',
      hint: 'Commit the application’s files; files that Git ignores have no commit',
    });
  }
  const [id, commit] = await Promise.all([
    treeDigest(inputs, options, gitDir),
    lastCommit(inputs, options, gitDir),
  ]);
  const boundary = readFileSync(shallowFile, 'utf8').split('\n');
  const { author, subject, committedAt } = commit && !boundary.includes(commit.id) ? commit : {};
  return {
    id,
    mode: 'shallow',
    ...(author === undefined ? {} : { author }),
    ...(subject === undefined ? {} : { subject }),
    ...(committedAt === undefined ? {} : { committedAt }),
  };
}

async function lastCommit(
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
    ...(subject ? { subject } : {}),
    ...(committedAt ? { committedAt } : {}),
  };
}

async function treeDigest(inputs: Inputs, options: CommitOptions, gitDir: string): Promise<string> {
  const whole = inputs.include.includes('.');
  const paths = whole ? [] : ['--', ...inputs.include];
  const result = await tryGitHere(['ls-tree', '-r', '-z', '--full-tree', 'HEAD', ...paths], options, gitDir);
  if (result.exitCode !== 0) throw gitFailed(['ls-tree'], result);
  return digestOfTree(result.stdout, inputs);
}

async function tryGitHere(
  args: readonly string[],
  options: CommitOptions,
  gitDir: string,
): Promise<GitResult> {
  try {
    return await tryGit(args, {
      gitDir,
      workTree: options.root,
      cwd: options.root,
      timeoutMs: options.timeoutMs,
      signal: options.signal,
      env: { GIT_NO_REPLACE_OBJECTS: '1' },
    });
  } catch (cause) {
    if (!(cause instanceof StagelineError) || cause.code !== 'GIT_TIMEOUT') throw cause;
    throw new StagelineError(
      `looking for the last commit of the application took longer than ${options.timeoutMs / 1000} s`,
      {
        code: 'COMMIT_TIMEOUT',
        hint: 'Set the plugin parameter "commit: digest", or raise STAGELINE_GIT_TIMEOUT in the sidecar',
        blame: 'setup',
        cause,
      },
    );
  }
}

/** Literal paths, and what belongs to other stages taken out. */
function pathspecs(inputs: Inputs): string[] {
  return [
    ...inputs.include.map((path) => `:(top,literal)${path === '.' ? '' : path}`),
    ...inputs.exclude.map((path) => `:(top,exclude,literal)${path}`),
  ];
}

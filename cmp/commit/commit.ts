/**
 * The path-scoped commit: the last one that touched the application's own inputs. The head of the repository is never
 * injected, since it would make every application of a monorepo differ with every commit.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import type { PlannedCommit } from '../../core/plan.ts';
import { gitFailed } from '../../runtime/git.ts';
import type { ApplicationInputs } from './application-inputs.ts';
import { digestOfTree, digestOfWorkTree } from './digest.ts';
import { sameInputs, type Inputs } from './inputs.ts';
import { lastCommit, tryGitHere, type CommitOptions, type EarlyCommit } from './last-commit.ts';
import { withLinked } from './linked-inputs.ts';

/**
 * Finds the commit of an application's inputs, and of what they link to.
 *
 * A shallow history cannot give a lasting answer: with every further commit its boundary moves, and with it the commit
 * that seems to have made everything. What is compared is then a digest of the inputs, and a commit that the history
 * does show is told to people only. Errors: `COMMIT_TIMEOUT`, `GIT_FAILED`, `INPUTS_EMPTY`,
 * `INPUTS_TOO_MANY`, `PATH_OUTSIDE`.
 */
export async function findCommit(
  inputs: ApplicationInputs,
  options: CommitOptions,
  early: EarlyCommit | undefined,
): Promise<PlannedCommit> {
  try {
    return await commitOf(withLinked(inputs), options, early);
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

async function commitOf(
  inputs: Inputs,
  options: CommitOptions,
  early: EarlyCommit | undefined,
): Promise<PlannedCommit> {
  const { gitDir } = options;
  if (gitDir === undefined) return { id: digestOfWorkTree(options, inputs), mode: 'digest' };
  const shallowFile = join(gitDir, 'shallow');
  const shallow = existsSync(shallowFile);
  if (options.mode === 'digest') return { id: await treeDigest(inputs, options, gitDir), mode: 'digest' };
  const guessed = early !== undefined && sameInputs(early.inputs, inputs);
  const asked = guessed ? early.commit : lastCommit(inputs, options, gitDir);
  if (!shallow) {
    const commit = await asked;
    if (commit) return commit;
    throw new StagelineError(`no commit of the repository touches ${inputs.include.join(', ')}`, {
      code: 'INPUTS_EMPTY',
      hint: 'Commit the application’s files; files that Git ignores have no commit',
    });
  }
  const [id, commit] = await Promise.all([treeDigest(inputs, options, gitDir), asked]);
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

async function treeDigest(inputs: Inputs, options: CommitOptions, gitDir: string): Promise<string> {
  const whole = inputs.include.includes('.');
  const paths = whole ? [] : ['--', ...inputs.include];
  const result = await tryGitHere(['ls-tree', '-r', '-z', '--full-tree', 'HEAD', ...paths], options, gitDir);
  if (result.exitCode !== 0) throw gitFailed(['ls-tree'], result);
  return digestOfTree(result.stdout, inputs);
}

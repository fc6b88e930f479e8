/** Writes the commits of promotions, signed where there is a key. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import { tryGit, type GitOptions } from '../../runtime/git.ts';
import { importCommit, type ImportedCommit } from './fast-import.ts';

/** Gives the commit's id. Errors: `GIT_FAILED`, `GIT_SIGNING`. */
export type CommitWriter = (commit: Omit<ImportedCommit, 'author'>) => Promise<string>;

type Author = ImportedCommit['author'];

/**
 * Author and committer are `STAGELINE_GIT_AUTHOR_NAME` and `STAGELINE_GIT_AUTHOR_EMAIL`. An SSH key in
 * `STAGELINE_GIT_SIGNING_KEY` signs every commit; it is in a file of `folder` only as long as that is there.
 */
export async function commitWriter(
  { env, folder }: { env: NodeJS.ProcessEnv; folder: string },
  settings: GitOptions,
): Promise<CommitWriter> {
  const author = {
    name: env['STAGELINE_GIT_AUTHOR_NAME'] || 'Stageline',
    email: env['STAGELINE_GIT_AUTHOR_EMAIL'] || 'noreply@stageline.dev',
  };
  const key = env['STAGELINE_GIT_SIGNING_KEY'];
  if (!key) return (commit) => importCommit({ ...commit, author }, settings);
  const keyFile = join(folder, 'signing-key');
  // Secrets that were typed may have lost the line break at the end, which ssh-keygen needs.
  await writeFile(keyFile, `${key.trim()}\n`, { mode: 0o600 });
  return async (commit) => {
    const id = await importCommit({ ...commit, author }, settings);
    return sign({ ...commit, author }, `${id}^{tree}`, { settings, keyFile });
  };
}

async function sign(
  commit: ImportedCommit,
  tree: string,
  { settings, keyFile }: { settings: GitOptions; keyFile: string },
): Promise<string> {
  const { parent, message } = commit;
  const config = ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${keyFile}`];
  const parents = parent === undefined ? [] : ['-p', parent];
  const result = await tryGit([...config, 'commit-tree', '-S', tree, ...parents, '-F', '-'], {
    ...settings,
    env: { ...settings.env, ...identity(commit.author, commit.date) },
    input: message,
  });
  if (result.exitCode === 0) return result.stdout.trim();
  const reason = result.stderr.replaceAll(keyFile, 'the key').replace(/\s+/g, ' ').trim();
  throw new StagelineError(`the commit could not be signed: ${reason}`, {
    code: 'GIT_SIGNING',
    hint: 'Put a whole SSH private key without a passphrase into key "signingKey" of the promotion’s Secret',
    blame: 'setup',
  });
}

function identity({ name, email }: Author, date: string): NodeJS.ProcessEnv {
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: date,
  };
}

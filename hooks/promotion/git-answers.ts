/** What a Git host's answers to Git mean: who has to do what, or that it passes by itself. */
import { messageOf, StagelineError } from '../../core/errors.ts';
import { gitFailed, scrubUrls, type GitResult } from '../../runtime/git.ts';
import { remoteWords } from './providers/text.ts';

/** Someone else was there first; everything else that a server refuses stays refused. */
export function isMoved(result: GitResult): boolean {
  return /\[rejected\]|non-fast-forward|fetch first|stale info|cannot lock ref|failed to update ref|incorrect old value|reference already exists/i.test(
    `${result.stdout}\n${result.stderr}`,
  );
}

/** The host did not answer, or said that it cannot now. A push may have been carried out all the same. */
export function isPassing(result: Pick<GitResult, 'stderr'>): boolean {
  return /Could not resolve host|Failed to connect|Connection (refused|reset|timed out)|Operation timed out|Recv failure|Empty reply|early EOF|hung up|unexpected disconnect|RPC failed|returned error: (408|429|5\d\d)|GnuTLS recv|SSL_read|gnutls_handshake|unable to access .*: transfer closed/i.test(
    result.stderr,
  );
}

/** Errors: `GIT_CREDENTIALS`, `GIT_UNREACHABLE`, `PROMOTION_PUSH`, `PROMOTION_REPOSITORY`, `GIT_FAILED`. */
export function explainGit(
  args: readonly string[],
  result: GitResult,
  url: string,
  pushedTo?: string,
): StagelineError {
  const command = args.find((arg, index) => !arg.startsWith('-') && args[index - 1] !== '-c');
  const cause = gitFailed([command ?? ''], result);
  const place = scrubUrls(url);
  const { stderr } = result;
  if (isPassing(result)) {
    return new StagelineError(`the Git host of ${place} does not answer: ${messageOf(cause)}`, {
      code: 'GIT_UNREACHABLE',
      hint: 'Check that the host answers from the hooks’ namespace; it is tried again',
      blame: 'system',
      cause,
    });
  }
  if (/Authentication failed|could not read (Username|Password)|returned error: 401/i.test(stderr)) {
    return new StagelineError(`the Git host does not accept the credentials for ${place}`, {
      code: 'GIT_CREDENTIALS',
      hint: 'Put a user and a token that is valid and has not expired into the promotion’s Secret (keys username, token)',
      blame: 'setup',
      cause,
    });
  }
  if (pushedTo !== undefined) return pushRefused(pushedTo, result, cause);
  if (/returned error: 40[34]|not found|does not exist/i.test(stderr)) {
    return new StagelineError(`there is no repository ${place}, or the token may not read it`, {
      code: 'PROMOTION_REPOSITORY',
      hint: 'Check repoURL in the Application’s source, and give the token read access to the contents',
      blame: 'setup',
      cause,
    });
  }
  return cause;
}

function pushRefused(branch: string, result: GitResult, cause: StagelineError): StagelineError {
  const remote = /\[remote rejected\].*/.exec(result.stdout)?.[0];
  const words = hostWords(result.stderr);
  const said = remote !== undefined && words !== '' ? `${remote}: ${words}` : (remote ?? messageOf(cause));
  return new StagelineError(`pushing to branch ${branch} was refused: ${said}`, {
    code: 'PROMOTION_PUSH',
    hint: pushHint(branch, `${remote ?? ''} ${words}`),
    blame: 'setup',
    cause,
  });
}

/** A host says the same of a branch that is protected and of a user who may not write; its words tell them apart. */
function pushHint(branch: string, words: string): string {
  if (/permission|forbidden|denied/i.test(words) && !/protected|GH006|GH013/i.test(words))
    return 'Give the token, and its user, write access to the repository';
  const isProtected = /protected|GH006|GH013|pre-receive hook declined/i.test(words);
  if (isProtected && branch.startsWith('stageline/'))
    return 'The branch is protected, or a hook of the host declines it: let the token’s user push to stageline/**';
  return isProtected
    ? 'The branch is protected: promote by "pullRequest", or by "push: { merge: false }"'
    : 'Give the token write access to this branch, or use "push: { merge: false }" where the branch is protected';
}

/** What a server says beside its verdict, in one line. */
function hostWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .filter((line) => line.startsWith('remote:'))
    .map((line) => line.replace(/^remote:\s*(error:)?/, '').trim());
  return remoteWords(scrubUrls(lines.filter((line) => line !== '').join('; ')), []).replace(/\.$/, '');
}

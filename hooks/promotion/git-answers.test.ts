import { describe, expect, it } from 'vitest';
import { errorLine } from '../../core/errors.ts';
import { explainGit } from './git-answers.ts';

const PUSH = ['push', '--quiet', '--porcelain', 'origin', 'abc:refs/heads/main'];

/** As Gitea 1.26 and Git answer a push that a hook of the host declines. */
function declined(words: string, branch = 'main'): string {
  const result = {
    exitCode: 1,
    stdout: `To http://git/a/b.git\n!\tabc:refs/heads/${branch}\t[remote rejected] (pre-receive hook declined)\nDone\n`,
    stderr: `remote: \nremote: error:        \nremote: error: ${words}        \nremote: error:        \nerror: failed to push some refs to 'http://git/a/b.git'\n`,
  };
  return errorLine(explainGit(PUSH, result, 'http://git/a/b.git', branch));
}

describe('a push that the host refuses', () => {
  it.each([
    [
      'says that the branch is protected, where it is',
      declined('Not allowed to push to protected branch main'),
      'Not allowed to push to protected branch main. The branch is protected: promote by "pullRequest", or by "push: { merge: false }"',
    ],
    [
      'asks for the right, where the user may not write',
      declined('User permission denied for writing.'),
      'User permission denied for writing. Give the token, and its user, write access to the repository',
    ],
    [
      'does not send who has a pull request already to pull requests',
      declined('branch is protected from changing file q', 'stageline/shop/prod/abc'),
      'branch is protected from changing file q. The branch is protected, or a hook of the host declines it: let the token’s user push to stageline/**',
    ],
  ])('%s', (_what, line, end) => {
    expect(line).toMatch(
      /^stageline: PROMOTION_PUSH: pushing to branch \S+ was refused: \[remote rejected\] \(pre-receive hook declined\): /,
    );
    expect(line.endsWith(`: ${end}`)).toBe(true);
  });
});

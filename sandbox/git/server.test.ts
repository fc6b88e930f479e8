import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { git, tryGit } from '../../runtime/git.ts';
import { startGitServer, type GitServer } from './server.ts';

const root = mkdtempSync(path.join(tmpdir(), 'stageline-git-'));
const pushes: string[] = [];
let server: GitServer;

beforeAll(async () => {
  await git(['init', '--quiet', '--bare', '--initial-branch=main', path.join(root, 'shop.git')], {
    cwd: root,
  });
  server = await startGitServer({ root, users: { ann: 'secret' }, onPush: (name) => pushes.push(name) });
});

afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

async function commitIn(folder: string): Promise<{ gitDir: string; workTree: string }> {
  const at = { gitDir: path.join(folder, '.git'), workTree: folder };
  await git(['init', '--quiet', '--initial-branch=main', folder], { cwd: root });
  writeFileSync(path.join(folder, 'file'), folder);
  await git(['add', 'file'], at);
  await git(
    ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', 'commit', '--quiet', '--message=first'],
    at,
  );
  return at;
}

describe('the Git server', () => {
  test('takes a push from a user who has the token, says so, and serves what was pushed to anybody', async () => {
    const at = await commitIn(mkdtempSync(path.join(root, 'ann-')));
    const credentials = { username: 'ann', token: 'secret' };
    await git(['push', '--quiet', `${server.url}/shop.git`, 'main'], { ...at, credentials });
    const pushed = (await git(['rev-parse', 'HEAD'], at)).trim();
    const seen = await git(['ls-remote', `${server.url}/shop.git`, 'refs/heads/main'], { cwd: root });
    expect(seen.split('\t')[0]).toBe(pushed);
    await expect.poll(() => pushes).toEqual(['shop.git']);
  });

  test('refuses a push without the token, and changes nothing', async () => {
    const at = await commitIn(mkdtempSync(path.join(root, 'eve-')));
    const before = await git(['ls-remote', `${server.url}/shop.git`], { cwd: root });
    const wrong = await tryGit(['push', `${server.url}/shop.git`, 'main:eve'], {
      ...at,
      credentials: { username: 'ann', token: 'guess' },
    });
    expect(wrong.exitCode).not.toBe(0);
    expect(wrong.stderr).not.toContain('guess');
    expect(await git(['ls-remote', `${server.url}/shop.git`], { cwd: root })).toBe(before);
  });

  test('has no repository that is not there', async () => {
    const missing = await tryGit(['ls-remote', `${server.url}/other.git`], { cwd: root });
    expect(missing.exitCode).not.toBe(0);
  });
});

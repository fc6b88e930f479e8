/** A promotion's request from push to merge: real Git behind the stand-in. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { git } from '../../runtime/git.ts';
import { HEAD, holdToDescription, startWorld, valueOf } from './github-world.ts';

holdToDescription();

const folders: string[] = [];
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

const IDENTITY = {
  GIT_AUTHOR_NAME: 'Stageline',
  GIT_AUTHOR_EMAIL: 'noreply@stageline.dev',
  GIT_COMMITTER_NAME: 'Stageline',
  GIT_COMMITTER_EMAIL: 'noreply@stageline.dev',
};

async function commitFile(
  gitDir: string,
  branch: string,
  file: { text: string; parent?: string },
): Promise<string> {
  const options = { gitDir, env: IDENTITY };
  const blob = (await git(['hash-object', '-w', '--stdin'], { ...options, input: file.text })).trim();
  const tree = (await git(['mktree'], { ...options, input: `100644 blob ${blob}\tvalues.yaml\n` })).trim();
  const parents = file.parent === undefined ? [] : ['-p', file.parent];
  const commit = (await git(['commit-tree', tree, ...parents, '-m', 'change'], options)).trim();
  await git(['update-ref', `refs/heads/${branch}`, commit], options);
  return commit;
}

it('a request is merged into the real branch, and its merge commit is the one that is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stageline-github-'));
  folders.push(folder);
  const gitDir = join(folder, 'shop.git');
  await git(['init', '--quiet', '--bare', gitDir], { cwd: folder });
  const base = await commitFile(gitDir, 'main', { text: 'tag: v1\n' });
  const head = await commitFile(gitDir, HEAD, { text: 'tag: v2\n', parent: base });
  const { provider } = await startWorld({ gitDir, branches: {}, allowAutoMerge: true });
  await provider.createPullRequest({ head: HEAD, base: 'main', title: 'Promote', body: '', draft: false });
  expect(valueOf(await provider.autoMerge(1, { head, method: 'merge' }))).toEqual({ outcome: 'merged' });
  const { state } = valueOf(await provider.readPullRequest(1));
  const tip = (await git(['rev-parse', 'refs/heads/main'], { gitDir })).trim();
  expect(state).toMatchObject({ name: 'merged', commit: tip });
  expect(await git(['show', 'main:values.yaml'], { gitDir })).toBe('tag: v2\n');
});

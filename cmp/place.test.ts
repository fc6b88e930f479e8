import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findPlace, readApplication } from './place.ts';

test.each([
  ['https://user:secret@git.example.com/shop.git', 'https://git.example.com/shop.git'],
  ['https://token@git.example.com/shop.git', 'https://git.example.com/shop.git'],
  ['http://user:p@ss:word@127.0.0.1:8080/shop.git', 'http://127.0.0.1:8080/shop.git'],
  ['ssh://git:secret@git.example.com:22/shop.git', 'ssh://git@git.example.com:22/shop.git'],
  ['ssh://git@git.example.com/shop.git', 'ssh://git@git.example.com/shop.git'],
  ['git@git.example.com:shop.git', 'git@git.example.com:shop.git'],
  ['https://git.example.com/a/file@v1.git', 'https://git.example.com/a/file@v1.git'],
])('credentials in the address %s go no further than the plugin', (written, kept) => {
  const { repoURL } = readApplication({ ARGOCD_APP_NAME: 'shop-dev', ARGOCD_APP_SOURCE_REPO_URL: written });
  expect(repoURL).toBe(kept);
});

function temporary(...folders: string[]): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'stageline-place-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  return root;
}

test('a path with a link in it stands for the folder that it leads to', () => {
  const root = temporary('apps/v2/web');
  symlinkSync('v2', join(root, 'apps/current'));
  expect(findPlace(join(root, 'apps/v2/web'), 'apps/current/web')).toMatchObject({
    root,
    path: 'apps/v2/web',
    missingPrefix: '',
  });
});

test('a .git folder that came empty, as with --plugin-tar-exclude=.git/*, is no history to wait for', () => {
  const root = temporary('app', '.git');
  expect(findPlace(join(root, 'app'), 'app').gitDir).toBeUndefined();
  writeFileSync(join(root, '.git/HEAD'), 'ref: refs/heads/main\n');
  expect(findPlace(join(root, 'app'), 'app').gitDir).toMatch(/\.git$/);
});

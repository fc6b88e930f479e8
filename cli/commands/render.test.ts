import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePlan } from '../../core/plan.ts';
import { git } from '../../runtime/git.ts';
import type { CommandIo } from '../command.ts';
import { renderCommand } from './render.ts';

const GREEN = '\u001B[32m';
const PLAIN = '\u001B[39m';
const root = path.resolve(import.meta.dirname, '../..');
const repository = mkdtempSync(path.join(tmpdir(), 'stageline-render-'));
let commit: string;

beforeAll(async () => {
  const at = { gitDir: path.join(repository, '.git'), workTree: repository };
  cpSync(path.join(root, 'examples/shop'), repository, { recursive: true });
  await git(['init', '--quiet', '--initial-branch=main', repository], { cwd: repository });
  await git(['add', '--all'], at);
  await git(
    ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', 'commit', '--quiet', '--message=Start'],
    at,
  );
  commit = (await git(['rev-parse', 'HEAD'], at)).trim();
});

afterAll(() => rmSync(repository, { recursive: true, force: true }));

async function render(args: string[], colour = false): Promise<{ exitCode: number; out: string }> {
  let out = '';
  const env = {
    PATH: process.env['PATH'],
    STAGELINE_HELM: path.join(root, 'node_modules/.cache/stageline/bin/helm'),
  };
  const io: CommandIo = {
    cwd: repository,
    env,
    colour,
    stdout: (text) => (out += text),
    stderr: () => undefined,
  };
  return { exitCode: await renderCommand.run(args, io), out };
}

describe('stageline render', () => {
  test('prints what Argo CD would get, for the application whose stage has this path', async () => {
    const { exitCode, out } = await render(['charts/dev']);
    expect(exitCode).toBe(0);
    expect(out).toContain(`stageline.dev/commit-id: "${commit}"`);
    expect(out).toContain('name: "stageline-shop-dev"');
    expect(out).not.toContain('\u001B');
  });

  test('paints what is put in, and only that', async () => {
    const plain = await render(['charts/dev']);
    const { out } = await render(['charts/dev'], true);
    expect(out.replaceAll(GREEN, '').replaceAll(PLAIN, '')).toBe(plain.out);
    const painted = out
      .split(GREEN)
      .slice(1)
      .map((part) => part.split(PLAIN)[0] ?? '');
    expect(painted.join('')).toContain('stageline.dev/commit-id');
    expect(painted.join('')).not.toContain('containerPort');
  });

  test('prints the plan on request', async () => {
    const { out } = await render(['charts/dev', '--plan']);
    const plan = parsePlan(out);
    expect(plan).toMatchObject({
      stage: 'dev',
      application: 'shop-dev',
      commit: { id: commit, author: 'Ann <ann@example.com>' },
    });
  });

  test('takes parameters', async () => {
    const { out } = await render(['charts/dev', '--parameter', 'pipeline=none']);
    expect(out).not.toContain('kind: "Job"');
  });

  test('renders a work tree of Git, whose commit is a digest', async () => {
    const tree = mkdtempSync(path.join(tmpdir(), 'stageline-worktree-'));
    const gitDir = path.join(repository, '.git');
    await git(['worktree', 'add', '--quiet', '--detach', '--force', tree], { gitDir });
    try {
      const { out } = await render([path.join(tree, 'charts/dev'), '--plan']);
      expect(parsePlan(out)).toMatchObject({ stage: 'dev', head: commit, commit: { mode: 'digest' } });
    } finally {
      rmSync(tree, { recursive: true });
    }
  });

  test('renders a tree without Git', async () => {
    const tree = mkdtempSync(path.join(tmpdir(), 'stageline-exported-'));
    cpSync(path.join(root, 'examples/shop'), tree, { recursive: true });
    try {
      const { out } = await render([path.join(tree, 'charts/dev'), '--plan']);
      expect(parsePlan(out)).toMatchObject({
        stage: 'dev',
        application: 'shop-dev',
        commit: { mode: 'digest' },
      });
    } finally {
      rmSync(tree, { recursive: true });
    }
  });

  test('says in one line that there is no room for the output', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(
      process.execPath,
      [path.join(root, 'cli/main.ts'), 'render', '--help'],
      {
        encoding: 'utf8',
        stdio: ['ignore', full, 'pipe'],
      },
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^stageline: OUTPUT_FAILED: [^\n]*ENOSPC[^\n]*\n$/);
  });

  test('names what is wrong with the pipeline file', async () => {
    const file = path.join(repository, 'stageline.yaml');
    writeFileSync(file, 'apiVersion: stageline.dev/v1\npipeline: shop\nmoves: []\n');
    await expect(render(['charts/dev'])).rejects.toThrow(/stageline\.yaml:3: moves must not be empty/);
    await expect(render(['charts/none'])).rejects.toThrow('there is no folder');
  });
});

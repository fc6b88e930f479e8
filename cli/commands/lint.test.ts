import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { git } from '../../runtime/git.ts';
import type { CommandIo } from '../command.ts';
import { lintCommand } from './lint.ts';

const root = path.resolve(import.meta.dirname, '../..');
let repository: string;

beforeEach(async () => {
  repository = mkdtempSync(path.join(tmpdir(), 'stageline-lint-'));
  const at = { gitDir: path.join(repository, '.git'), workTree: repository };
  cpSync(path.join(root, 'examples/shop'), repository, { recursive: true });
  await git(['init', '--quiet', '--initial-branch=main', repository], { cwd: repository });
  await git(['add', '--all'], at);
  await git(
    ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', 'commit', '--quiet', '--message=Start'],
    at,
  );
});

afterEach(() => rmSync(repository, { recursive: true, force: true }));

async function lint(args: string[], env: NodeJS.ProcessEnv = {}): Promise<{ exitCode: number; out: string }> {
  let out = '';
  const programs = {
    PATH: process.env['PATH'],
    STAGELINE_HELM: path.join(root, 'node_modules/.cache/stageline/bin/helm'),
  };
  const io: CommandIo = {
    cwd: repository,
    env: { ...programs, ...env },
    colour: false,
    stdout: (text) => (out += text),
    stderr: () => undefined,
  };
  return { exitCode: await lintCommand.run(args, io), out };
}

function breakPipeline(): void {
  const file = path.join(repository, 'stageline.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('after: dev', 'after: uat'));
}

describe('stageline lint', () => {
  test('finds nothing wrong with the shop', async () => {
    expect(await lint([])).toEqual({ exitCode: 0, out: '0 errors, 0 warnings\n' });
  });

  test('names file, line and cure of a wrong pipeline file, and fails', async () => {
    breakPipeline();
    const { exitCode, out } = await lint([]);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^stageline\.yaml:\d+: error PIPELINE_STAGES: .*"uat".*Name one of: dev, prod/m);
  });

  test('annotates pull requests in GitHub Actions', async () => {
    breakPipeline();
    const { out } = await lint(['--no-render'], { GITHUB_ACTIONS: 'true' });
    expect(out).toMatch(/^::error file=stageline\.yaml,line=\d+,title=PIPELINE_STAGES::/m);
  });

  test('gives JSON to programs', async () => {
    breakPipeline();
    const { out } = await lint(['--format', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      problems: [expect.objectContaining({ file: 'stageline.yaml', severity: 'error' })],
    });
  });

  test('fails for a chart that does not render', async () => {
    writeFileSync(path.join(repository, 'charts/dev/templates/broken.yaml'), '{{ fail "no port" }}\n');
    const { exitCode, out } = await lint([]);
    expect(exitCode).toBe(1);
    expect(out).toContain('no port');
  });

  test('leaves Applications of other repositories out, says so, and does not fail', async () => {
    const at = { gitDir: path.join(repository, '.git') };
    await git(['remote', 'add', 'origin', 'https://git.example/shop.git'], at);
    mkdirSync(path.join(repository, 'apps'));
    writeFileSync(
      path.join(repository, 'apps/other.yaml'),
      `kind: Application
metadata: { name: other }
spec: { source: { repoURL: https://git.example/another.git, path: charts/none, plugin: { name: stageline } } }
`,
    );
    expect((await lint(['--no-render'])).out).toContain('apps/other.yaml:1: note OTHER_REPOSITORY: ');
    const { exitCode, out } = await lint(['--no-render', '--format', 'github']);
    expect(out).toMatch(/^::notice file=apps\/other\.yaml,line=1,title=OTHER_REPOSITORY::/m);
    expect(exitCode).toBe(0);
  });

  test('checks the whole repository from a folder in it, by Git or by its pipeline file', async () => {
    breakPipeline();
    const whole = await lint(['--no-render']);
    expect(whole.out).toContain('PIPELINE_STAGES');
    expect(await lint(['charts/dev', '--no-render'])).toEqual(whole);
    rmSync(path.join(repository, '.git'), { recursive: true });
    expect(await lint(['charts/dev', '--no-render'])).toEqual(whole);
  });

  test('says that there is no such folder', async () => {
    await expect(lint(['nowhere'])).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('nowhere'),
    });
    await expect(lint(['stageline.yaml/x'])).rejects.toMatchObject({ code: 'USAGE' });
  });

  test('refuses a format that it does not have', async () => {
    await expect(lint(['--format', 'xml'])).rejects.toMatchObject({ code: 'USAGE' });
  });
});

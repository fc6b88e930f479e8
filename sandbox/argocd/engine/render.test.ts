/** Rendering with a real repository and real processes: what the plugin sees, and how it may end. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApplicationSource } from './application.ts';
import type { RenderContext } from './plugin-environment.ts';
import { createRenderer } from './render.ts';
import type { Renderer } from './render.ts';
import { localRepository, openRepositories } from './repository.ts';
import type { Repositories } from './repository.ts';
import { git } from './test-bed.ts';

let folder: string;
let repository: string;
let repositories: Repositories;
let now: Date;
let logs: string[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'render-test-'));
  repository = join(folder, 'repository');
  mkdirSync(join(repository, 'app'), { recursive: true });
  git(repository, 'init', '--quiet', '--initial-branch=main');
  writeFileSync(
    join(repository, 'app/a.yaml'),
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}\n',
  );
  repositories = await openRepositories(join(folder, 'work'));
  now = new Date('2026-08-22T10:00:00Z');
  logs = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function commit(): string {
  git(repository, 'add', '--all');
  git(repository, 'commit', '--quiet', '--allow-empty', '-m', 'change');
  repositories.forget();
  return git(repository, 'rev-parse', 'HEAD').trim();
}
function renderer(script: string, env: Record<string, string> = {}, timeoutMs?: number): Renderer {
  return createRenderer({
    repositories,
    plugin: {
      command: ['sh', '-c', script],
      env: { PATH: process.env['PATH'] ?? '', ...env },
      ...(timeoutMs !== undefined && { timeoutMs }),
    },
    now: () => now,
    log: (line) => void logs.push(line),
    parallelism: 2,
  });
}
function context(revision: string, source: Partial<ApplicationSource> = {}): RenderContext {
  return {
    appName: 'shop',
    destinationNamespace: 'web',
    project: 'default',
    revision,
    source: { repoURL: repository, path: 'app', targetRevision: 'main', ...source },
    kubeVersion: '1.34',
    apiVersions: ['v1'],
  };
}

describe('a render', () => {
  it('runs in the application’s path of a fresh full copy with its history, and removes it', async () => {
    commit();
    writeFileSync(join(repository, 'app/run.sh'), 'true');
    chmodSync(join(repository, 'app/run.sh'), 0o755);
    symlinkSync('a.yaml', join(repository, 'app/link.yaml'));
    const revision = commit();
    const script = `printf '%s ' "$(basename $PWD)" "$(git rev-list --count HEAD)" "$(git rev-parse HEAD)" "$(stat -c %a run.sh)" "$(readlink link.yaml)" "$KEEP" "$ARGOCD_APP_NAME" >&2; cat a.yaml`;
    const objects = await renderer(script, { KEEP: 'sidecar', ARGOCD_APP_NAME: 'overridden' }).render(
      context(revision),
    );
    expect(objects).toMatchObject([
      { metadata: { name: 'a', annotations: { 'argocd.argoproj.io/tracking-id': 'shop:/ConfigMap:web/a' } } },
    ]);
    expect(logs[0]).toContain(`app 2 ${revision} 644 a.yaml sidecar shop`);
    expect(await readdir(join(folder, 'work/_cmp_server'))).toEqual([]);
  });

  it('refuses a symlink that leaves the repository, and a path outside it', async () => {
    symlinkSync('/etc/passwd', join(repository, 'app/secret'));
    const revision = commit();
    await expect(renderer('cat a.yaml').render(context(revision))).rejects.toThrow(
      'illegal filepath in symlink',
    );
    rmSync(join(repository, 'app/secret'));
    await expect(renderer('cat a.yaml').render(context(commit(), { path: '../x' }))).rejects.toThrow(
      'outside',
    );
  });

  it('is killed at its deadline together with what it started', async () => {
    const marker = join(folder, 'ended');
    const script = `(sleep 600; touch ${marker}) & sleep 600`;
    await expect(renderer(script, {}, 400).render(context(commit()))).rejects.toThrow(
      /failed signal: killed$/,
    );
    expect(existsSync(marker)).toBe(false);
  });

  it('says on failure exactly what the plugin printed', async () => {
    const failing = renderer('echo "stageline: BAD: no" >&2; exit 7').render(context(commit()));
    await expect(failing).rejects.toThrow(
      'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = plugin sidecar failed. error generating manifests in cmp: rpc error: code = Unknown desc = error generating manifests: `sh -c "echo \\"stageline: BAD: no\\" >&2; exit 7"` failed exit status 7: stageline: BAD: no',
    );
  });

  it('is not tried again for an hour after three failures, unless asked to by a hard refresh', async () => {
    const counter = join(folder, 'count');
    const failing = renderer(`echo x >> ${counter}; exit 1`);
    const wanted = context(commit());
    for (let attempt = 0; attempt < 3; attempt += 1) await expect(failing.render(wanted)).rejects.toThrow();
    await expect(failing.render(wanted)).rejects.toThrow('Manifest generation error (cached): ');
    now = new Date(now.getTime() + 61 * 60_000);
    await expect(failing.render(wanted)).rejects.not.toThrow('(cached)');
    await expect(failing.render(wanted, { noCache: true })).rejects.not.toThrow('(cached)');
  });

  it('comes from the cache until revision, source, namespace, API list or age change', async () => {
    const counting = renderer('echo x >&2; cat a.yaml');
    const wanted = context(commit());
    await counting.render(wanted);
    await counting.render(structuredClone(wanted));
    expect(logs).toHaveLength(1);
    await counting.render({ ...wanted, apiVersions: ['v1', 'example.com/v1/New'] });
    await counting.render({ ...wanted, destinationNamespace: 'other' });
    await counting.render(context(wanted.revision, { plugin: { env: [{ name: 'A', value: 'b' }] } }));
    expect(logs).toHaveLength(4);
    now = new Date(now.getTime() + 25 * 3_600_000);
    await counting.render(wanted);
    expect(logs).toHaveLength(5);
  });

  it('is carried over to a new commit that touches no watched path', async () => {
    const counting = renderer('echo "$ARGOCD_APP_REVISION" >&2; cat a.yaml');
    const first = commit();
    await counting.render(context(first));
    const watched = { 'argocd.argoproj.io/manifest-generate-paths': '.;/shared' };
    writeFileSync(join(repository, 'README.md'), 'x');
    const second = commit();
    await counting.carryOver(context(second), first, watched);
    await counting.render(context(second));
    expect(logs).toHaveLength(1);
    mkdirSync(join(repository, 'shared'));
    writeFileSync(join(repository, 'shared/values.yaml'), 'x');
    const third = commit();
    await counting.carryOver(context(third), second, watched);
    await counting.render(context(third));
    expect(logs.at(-1)).toContain(third);
  });
});

describe('repositories', () => {
  it('are paths, file URLs and addresses of this machine; nothing else is fetched', () => {
    expect(localRepository('/srv/a.git')).toBe('/srv/a.git');
    expect(localRepository('file:///srv/a.git')).toBe('/srv/a.git');
    expect(localRepository('http://127.0.0.1:8080/a.git')).toBe('http://127.0.0.1:8080/a.git');
    expect(() => localRepository('https://git.example.com/a.git')).toThrow('cannot read repository');
    expect(() => localRepository('git@git.example.com:a.git')).toThrow('cannot read repository');
  });

  it('resolve branches, tags, HEAD and commits, and say what they cannot', async () => {
    const first = commit();
    git(repository, 'tag', '-a', 'v1', '-m', 'one');
    git(repository, 'branch', 'side');
    repositories.forget();
    for (const name of ['main', 'side', 'v1', 'HEAD', '', first]) {
      expect(await repositories.resolve(repository, name)).toBe(first);
    }
    await expect(repositories.resolve(repository, 'none')).rejects.toThrow(
      "unable to resolve 'none' to a commit SHA",
    );
  });
});

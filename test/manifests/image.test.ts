/** The Dockerfile's steps as far as they run without a registry, the tab's archive, and the workflows. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from './kustomize.ts';

const dockerfile = readFileSync(path.join(root, 'Dockerfile'), 'utf8');
/** Instructions with their continuation lines joined as a shell sees them. */
const instructions = dockerfile
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line.trim() !== '');
const scripts = instructions.filter((line) => line.startsWith('RUN ')).map((line) => line.slice(4));
const isDownload = (script: string): boolean => script.includes('sha256sum -c');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'stageline-image-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the Dockerfile', () => {
  test('begins every stage from one base, pinned by digest', () => {
    const from = instructions.filter((line) => line.startsWith('FROM '));
    expect(from.length).toBe(3);
    for (const line of from) expect(line).toContain('${NODE_IMAGE}');
    expect(dockerfile).toMatch(/^ARG NODE_IMAGE=[\w./-]+:24\.\d+\.\d+-[\w-]+-slim@sha256:[0-9a-f]{64}$/m);
  });

  test('compiles on the builder’s platform and runs on the target’s', () => {
    const from = instructions.filter((line) => line.startsWith('FROM '));
    expect(from.map((line) => line.includes('--platform=$BUILDPLATFORM'))).toEqual([true, true, false]);
  });

  test('ends as a user that is not root, with nothing run after it', () => {
    const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));
    const user = last.findIndex((line) => line.startsWith('USER '));
    expect(last[user]).toMatch(/^USER [1-9]\d*:[1-9]\d*$/);
    expect(last.slice(user).filter((line) => line.startsWith('RUN '))).toEqual([]);
  });

  test.each(scripts)('has a step that is well-formed shell: %.40s', (script) => {
    expect(spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  test('downloads nothing without comparing a checksum', () => {
    expect(scripts.filter((script) => script.includes('curl -')).every(isDownload)).toBe(true);
    expect(dockerfile).not.toMatch(/^ADD /m);
  });

  const targets = ['3', '4'].flatMap((helm) => ['amd64', 'arm64'].map((arch) => ({ helm, arch })));

  test.each(targets)('refuses another Helm $helm and Kustomize for $arch than it knows', ({ helm, arch }) => {
    const requests: string[] = [];
    for (const script of scripts.filter(isDownload)) {
      const result = runStep(script, { HELM_MAJOR: helm, TARGETARCH: arch });
      expect(result.status).not.toBe(0);
      expect(result.stderr).toContain('did NOT match');
      requests.push(result.requested);
    }
    expect(requests[0]).toMatch(new RegExp(`/helm-v${helm}\\.\\d+\\.\\d+-linux-${arch}\\.tar\\.gz$`));
    expect(requests[1]).toMatch(new RegExp(`_linux_${arch}\\.tar\\.gz$`));
  });

  test.each([
    { HELM_MAJOR: '5', TARGETARCH: 'amd64' },
    { HELM_MAJOR: '4', TARGETARCH: 's390x' },
  ])('says what it has no checksum of: $HELM_MAJOR for $TARGETARCH', (env) => {
    const [helm = ''] = scripts.filter(isDownload);
    const result = runStep(helm, env);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(`no checksum is known of Helm ${env.HELM_MAJOR} for ${env.TARGETARCH}`);
    expect(result.requested).toBe('');
  });
});

/** Runs a download step with a curl that brings something else. */
function runStep(script: string, env: Record<string, string>) {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const request = path.join(folder, 'request');
  rmSync(request, { force: true });
  const curl = `#!/bin/sh\nwhile [ $# -gt 1 ]; do [ "$1" = -o ] && echo other > "$2"; shift; done\nprintf %s "$1" > ${request}\n`;
  writeFileSync(path.join(bin, 'curl'), curl);
  chmodSync(path.join(bin, 'curl'), 0o755);
  const result = spawnSync('sh', ['-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, LC_ALL: 'C' },
  });
  const requested = readdirSync(folder).includes('request') ? readFileSync(request, 'utf8') : '';
  return { status: result.status, stderr: result.stderr, requested };
}

describe('the tab’s archive', () => {
  const pack = path.join(root, 'manifests/argocd/tab/pack.sh');

  function packed(name: string): string {
    const source = path.join(folder, 'built.js');
    writeFileSync(source, 'window.extensionsAPI\n');
    const out = path.join(folder, name);
    execFileSync(pack, [source, out]);
    return out;
  }

  test('has the folder that the installer looks for', () => {
    const archive = path.join(packed('a'), 'extension-stageline.tar.gz');
    const names = execFileSync('tar', ['--list', '--file', archive], { encoding: 'utf8' }).trim().split('\n');
    expect(names).toEqual([
      'resources/',
      'resources/extension-stageline.js/',
      'resources/extension-stageline.js/extension-stageline.js',
    ]);
  });

  test('goes with one plain checksum line, which holds', () => {
    const out = packed('b');
    const list = readFileSync(path.join(out, 'extension-stageline_checksums.txt'), 'utf8');
    expect(list).toMatch(/^[0-9a-f]{64} {2}extension-stageline\.tar\.gz\n$/);
    const archive = readFileSync(path.join(out, 'extension-stageline.tar.gz'));
    expect(list.split(' ')[0]).toBe(createHash('sha256').update(archive).digest('hex'));
  });

  test('is the same bytes from the same file', () => {
    const [one, two] = [packed('c'), packed('d')].map((out) =>
      readFileSync(path.join(out, 'extension-stageline.tar.gz')),
    );
    expect(one?.equals(two ?? Buffer.alloc(0))).toBe(true);
  });
});

describe('the workflows', () => {
  const workflows = path.join(root, '.github/workflows');
  const files = readdirSync(workflows).map((name) => ({
    name,
    text: readFileSync(path.join(workflows, name), 'utf8'),
  }));

  test.each(files)('$name uses actions of a fixed commit only', ({ text }) => {
    const used = [...text.matchAll(/uses: (.*)$/gm)].map((match) => match[1] ?? '');
    expect(used.length).toBeGreaterThan(0);
    for (const action of used)
      expect(action).toMatch(/^(\.\/|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/);
  });

  test.each(files)('$name gives its jobs no right that it does not name', ({ text }) => {
    const workflow = z.looseObject({ permissions: z.record(z.string(), z.string()) }).parse(parse(text));
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });

  test.each(files)('$name puts nothing that others write into a script', ({ text }) => {
    const Steps = z.looseObject({
      jobs: z.record(
        z.string(),
        z.looseObject({ steps: z.array(z.looseObject({ run: z.string().optional() })).optional() }),
      ),
    });
    const runs = Object.values(Steps.parse(parse(text)).jobs).flatMap(({ steps }) =>
      (steps ?? []).flatMap(({ run }) => run ?? []),
    );
    expect(runs.length).toBeGreaterThan(0);
    for (const run of runs) expect(run).not.toContain('${{');
  });

  test('the release has an image for every major of Helm that the Dockerfile knows', () => {
    const release = files.find(({ name }) => name === 'release.yml')?.text ?? '';
    const built = [...release.matchAll(/\{ helm: (\d+), suffix/g)].map((match) => match[1]);
    const known = new Set(
      [...dockerfile.matchAll(/(\d+)-(?:amd|arm)64\) version=/g)].map((match) => match[1]),
    );
    expect(built.toSorted()).toEqual([...known].toSorted());
  });

  test('CI runs what contributors run', () => {
    expect(files.find(({ name }) => name === 'ci.yml')?.text).toContain('bash .ci/run');
  });
});

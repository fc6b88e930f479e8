/** Helm before Node: what it saves must be all that it changes. The bundle, as plugin.yaml starts it; real Helm and Git. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  chartFiles,
  makeRepository,
  pluginEnv,
  shopFiles,
  type PluginResult,
  type PluginRun,
  type TestRepository,
} from '../../cmp/testing/repository.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DEV: PluginRun = { path: 'charts/dev' };

let repository: TestRepository;
/** The sidecar's temporary folder, and where its log of Helm's starts is. */
let temporary: string;

beforeEach(() => {
  if (!existsSync(join(ROOT, 'dist/cmp.cjs')))
    throw new Error('dist/cmp.cjs is missing: run "npm run build"');
  repository = makeRepository(shopFiles());
  temporary = mkdtempSync(join(tmpdir(), 'stageline-test-'));
  helmDoes('exec helm "$@"');
});
afterEach(() => {
  repository.remove();
  rmSync(temporary, { recursive: true, force: true });
});

/** A program in place of Helm that notes who started it, and does as told where that was the head start. */
function helmDoes(early: string): void {
  const program = join(temporary, 'helm');
  writeFileSync(
    program,
    `#!/bin/sh
by=$(cat /proc/$PPID/comm)
echo "$by $$" >> ${temporary}/starts.log
if [ "$by" = bash ]; then
${early}
fi
exec helm "$@"
`,
  );
  chmodSync(program, 0o755);
}

interface Started {
  by: 'head start' | 'plugin';
  pid: number;
}

function starts(): Started[] {
  const log = join(temporary, 'starts.log');
  if (!existsSync(log)) return [];
  return readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [by, pid] = line.split(' ');
      return { by: by === 'bash' ? 'head start' : 'plugin', pid: Number(pid) };
    });
}

const whoStarted = (): string[] => starts().map(({ by }) => by);
const forgetStarts = (): void => rmSync(join(temporary, 'starts.log'), { force: true });

function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The process of Node below generate.sh, once it is there. */
function pluginOf(script: number): string | undefined {
  return readFileSync(`/proc/${script}/task/${script}/children`, 'utf8')
    .trim()
    .split(' ')
    .find((pid) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0generate\0'));
}

/** Whether the plugin handles signals: SIGHUP is the last one, which Node itself leaves alone. */
function isUp(script: number): boolean {
  const pid = pluginOf(script);
  if (pid === undefined || starts().length === 0) return false;
  const caught = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${caught}`) >> BigInt(constants.signals.SIGHUP - 1)) & 1n) === 1n;
}

interface Render {
  ended: Promise<PluginResult>;
  /** Of generate.sh. */
  pid: number;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a render in a fresh copy of the tree, as Argo CD hands one over each time. */
function start({ detached = false, ...run }: PluginRun & { detached?: boolean } = DEV): Render {
  const copy = mkdtempSync(join(temporary, 'tree-'));
  cpSync(repository.root, copy, { recursive: true, verbatimSymlinks: true });
  const child = spawn('bash', [join(ROOT, 'cmp/generate.sh'), join(ROOT, 'dist/cmp.cjs')], {
    cwd: join(copy, run.path),
    env: pluginEnv(repository, {
      ...run,
      env: { TMPDIR: temporary, STAGELINE_HELM: join(temporary, 'helm'), ...run.env },
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  });
  const ended = new Promise<PluginResult>((done) => {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
  return { ended, pid: Number(child.pid), kill: (signal) => child.kill(signal) };
}

async function render(run: PluginRun = DEV): Promise<string> {
  const result = await start(run).ended;
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return result.stdout;
}

/** Renders once, so that the next render has a head start. */
async function prepare(run: PluginRun = DEV): Promise<string> {
  const stdout = await render(run);
  forgetStarts();
  return stdout;
}

function ownFolder(): string {
  return join(temporary, `stageline-code-${process.getuid?.() ?? 0}`);
}
const notes = (): string[] =>
  readdirSync(join(ownFolder(), 'starts')).map((name) =>
    readFileSync(join(ownFolder(), 'starts', name), 'utf8'),
  );

it('starts Helm once, before the plugin, and gives the same bytes', async () => {
  const first = await render();
  expect(whoStarted()).toEqual(['plugin']);
  forgetStarts();
  expect(await render()).toBe(first);
  expect(whoStarted()).toEqual(['head start']);
});

it('renders the tree of now, not that of the note', async () => {
  await prepare();
  repository.write({ 'charts/dev/values.yaml': 'image:\n  tag: v2\n' });
  const commit = repository.commit('v2');
  const stdout = await render();
  expect(stdout).toContain('image: "example/shop:v2"');
  expect(stdout).toContain(`stageline.dev/commit-id: "${commit}"`);
  expect(whoStarted()).toEqual(['head start']);
});

it('reads value files beside the chart and above it in a head start too', async () => {
  repository.write({ 'charts/dev/extra.yaml': 'image: {tag: v2}\n', 'common.yaml': 'image: {tag: v3}\n' });
  repository.commit('values');
  const run = { ...DEV, parameters: [{ name: 'valueFiles', array: ['extra.yaml', '/common.yaml'] }] };
  expect(await prepare(run)).toContain('example/shop:v3');
  expect(await render(run)).toContain('example/shop:v3');
  expect(whoStarted()).toEqual(['head start']);
});

it('starts Helm again where the chart takes the commit, once for each new one', async () => {
  repository.write({
    'charts/dev/values.yaml': 'image: {tag: v1}\ncommitID: ""\n',
    'charts/dev/templates/commit.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: version}\ndata: {commit: "{{ .Values.commitID }}"}\n',
  });
  repository.commit('takes the commit');
  await prepare();
  repository.write({ 'charts/dev/values.yaml': 'image: {tag: v2}\ncommitID: ""\n' });
  const commit = repository.commit('v2');
  const stdout = await render();
  expect(stdout).toContain(`commit: "${commit}"`);
  expect(whoStarted()).toEqual(['head start', 'plugin']);
  forgetStarts();
  expect(await render()).toBe(stdout);
  expect(whoStarted()).toEqual(['head start']);
});

it('ends what it does not want, even if that would never end by itself', async () => {
  await prepare();
  helmDoes('exec sleep 600');
  const run = { ...DEV, parameters: [{ name: 'releaseName', string: 'other' }] };
  const stdout = await render(run);
  expect(whoStarted()).toEqual(['head start', 'plugin']);
  expect(starts().filter(({ pid }) => isRunning(pid))).toEqual([]);
  helmDoes(':');
  forgetStarts();
  expect(await render(run)).toBe(stdout);
  expect(whoStarted()).toEqual(['head start']);
});

it.each([
  ['ends with a code', 'helm "$@"; exit 3'],
  ['dies half-way', 'helm "$@" | head -c 100; kill -KILL $$'],
  ['prints what looks like an end and dies', 'printf "apiVersion: v1\\0000"; kill -KILL $$'],
])('asks Helm again when the first %s', async (_what, early) => {
  const first = await prepare();
  helmDoes(early);
  expect(await render()).toBe(first);
  expect(whoStarted()).toEqual(['head start', 'plugin']);
});

it('gives Helm’s own reason for a chart that broke since', async () => {
  await prepare();
  repository.write({ 'charts/dev/templates/bad.yaml': '{{ fail "the tag must be set" }}\n' });
  repository.commit('broken');
  const result = await start().ended;
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(result.stderr).toMatch(/^stageline: HELM_FAILED: .*the tag must be set[^\n]*\n$/);
});

it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'ends by %s with one line and no process left',
  async (signal) => {
    await prepare();
    helmDoes('exec sleep 600');
    const { ended, kill, pid } = start();
    while (!isUp(pid)) await new Promise((done) => setImmediate(done));
    kill(signal);
    expect(await ended).toMatchObject({ code: 1, stdout: '' });
    expect((await ended).stderr).toMatch(/^stageline: TERMINATED: [^\n]+\n$/);
    expect(starts().filter((helm) => isRunning(helm.pid))).toEqual([]);
  },
);

it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'ends by %s before the plugin is up too',
  async (signal) => {
    await prepare();
    helmDoes('exec sleep 600');
    const { ended, kill } = start();
    while (starts().length === 0) await new Promise((done) => setImmediate(done));
    kill(signal);
    const { code, stdout } = await ended;
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(starts().filter((helm) => isRunning(helm.pid))).toEqual([]);
  },
);

it('ends by Ctrl-C, which the whole group hears, and leaves no process behind', async () => {
  await prepare();
  helmDoes('exec sleep 600');
  const { ended, pid } = start({ ...DEV, detached: true });
  while (!isUp(pid)) await new Promise((done) => setImmediate(done));
  process.kill(-pid, 'SIGINT');
  expect((await ended).stdout).toBe('');
  expect(starts().filter((helm) => isRunning(helm.pid))).toEqual([]);
});

it('does not wait for what an unwanted program left behind', async () => {
  await prepare();
  // Not replaced by it: whoever is killed leaves this one with the pipe.
  helmDoes(`sleep 600 & echo "sleep $!" >> ${temporary}/left.log; wait`);
  const run = {
    ...DEV,
    parameters: [{ name: 'releaseName', string: 'other' }],
    env: { STAGELINE_DEADLINE: '20s' },
  };
  await render(run);
  process.kill(Number(readFileSync(join(temporary, 'left.log'), 'utf8').split(' ')[1]), 'SIGKILL');
});

it('leaves no process behind when the plugin itself is killed', async () => {
  await prepare();
  helmDoes('exec sleep 600');
  const { ended, pid } = start();
  while (!isUp(pid)) await new Promise((done) => setImmediate(done));
  process.kill(Number(pluginOf(pid)), 'SIGKILL');
  expect(await ended).toMatchObject({ code: 137, stdout: '', stderr: '' });
  expect(starts().filter((helm) => isRunning(helm.pid))).toEqual([]);
});

it('allows a render of just the largest size each time', async () => {
  const limit = 1024 * 1024;
  const chart = (padding: number): void => {
    repository.write({
      'charts/dev/templates/padding.yaml': `# ${'x'.repeat(padding)}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: padding}\n`,
    });
    repository.commit('padding');
  };
  chart(0);
  const { status, stdout } = spawnSync('helm', ['template', 'shop-dev', '.'], {
    cwd: join(repository.root, DEV.path),
    env: pluginEnv(repository, DEV),
  });
  expect(status).toBe(0);
  chart(limit - stdout.length);
  const run = { ...DEV, env: { STAGELINE_MAX_RENDER_MIB: '1' } };
  await prepare(run);
  await render(run);
  expect(whoStarted()).toEqual(['head start']);
  chart(limit - stdout.length + 1);
  expect((await start(run).ended).stderr).toContain('RENDER_TOO_LARGE');
});

it('stops a head start that prints too much', async () => {
  await prepare();
  helmDoes('exec head -c 100000000 /dev/zero');
  const result = await start({ ...DEV, env: { STAGELINE_MAX_RENDER_MIB: '20' } }).ended;
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(result.stderr).toMatch(/^stageline: RENDER_TOO_LARGE: .*20 MiB[^\n]*\n$/);
});

it('gives one head start at a time, and takes the turn of a process that is gone', async () => {
  await prepare();
  const turn = join(ownFolder(), 'starts', 'turn');
  expect(existsSync(turn)).toBe(false);
  writeFileSync(turn, `${process.pid}\n`);
  await render();
  expect(whoStarted()).toEqual(['plugin']);
  forgetStarts();
  for (const holder of ['4194303\n', '']) {
    writeFileSync(turn, holder);
    forgetStarts();
    await render();
    expect(whoStarted()).toEqual(['head start']);
    expect(existsSync(turn)).toBe(false);
  }
});

/** Takes the first slot as another render would. */
async function holdSlot(): Promise<Server> {
  const slot = createServer();
  const name = `\0stageline-${process.getuid?.() ?? 0}-render-0`;
  // Other tests render meanwhile.
  while (!slot.listening)
    await new Promise((done) => slot.once('error', done).listen(name, () => done(undefined)));
  return slot;
}

it('gives the memory of a head start back while all slots are taken', async () => {
  const first = await prepare();
  helmDoes('exec sleep 600');
  const slot = await holdSlot();
  const { ended } = start({ ...DEV, env: { STAGELINE_CONCURRENCY: '1' } });
  const turn = join(ownFolder(), 'starts', 'turn');
  while (!existsSync(turn)) await new Promise((done) => setImmediate(done));
  while (existsSync(turn)) await new Promise((done) => setImmediate(done));
  // Perhaps it was ended before it had begun.
  expect(starts().filter(({ by, pid }) => by === 'plugin' || isRunning(pid))).toEqual([]);
  slot.close();
  expect(await ended).toMatchObject({ code: 0, stdout: first });
  expect(whoStarted().at(-1)).toBe('plugin');
});

it.each([
  ['values', [{ name: 'values', string: 'image: {tag: hunter2}' }]],
  ['a parameter', [{ name: 'parameters', map: { 'image.tag': 'hunter2' } }]],
  ['a text parameter', [{ name: 'stringParameters', map: { 'image.tag': 'hunter2' } }]],
])('writes no %s of an Application down', async (_what, parameters) => {
  await prepare();
  expect(notes()).toHaveLength(1);
  expect(await render({ ...DEV, parameters })).toContain('hunter2');
  expect(whoStarted()).toEqual(['head start', 'plugin']);
  expect(notes()).toEqual([]);
});

it('writes nothing of a proxy’s password down, and gives Helm none that needs no network', async () => {
  await prepare({ ...DEV, env: { HTTPS_PROXY: 'http://user:hunter2@proxy.example' } });
  expect(notes()).toHaveLength(1);
  expect(notes().join('')).not.toContain('hunter2');
});

it('forgets an application that is no chart any more', async () => {
  await prepare();
  repository.write({
    'charts/dev/kustomization.yaml': 'resources: [a.yaml]\n',
    'charts/dev/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
  });
  rmSync(join(repository.root, 'charts/dev/Chart.yaml'));
  repository.commit('Kustomize');
  expect(await render()).toContain('name: a');
  expect(notes()).toEqual([]);
});

it('tells applications of one name in two folders apart', async () => {
  repository.write(chartFiles('other/dev'));
  repository.commit('other');
  const other = { path: 'other/dev', parameters: [{ name: 'releaseName', string: 'other' }] };
  await prepare({ ...other, parameters: [...other.parameters, { name: 'pipeline', string: 'none' }] });
  await prepare();
  await render();
  expect(whoStarted()).toEqual(['head start']);
  expect(notes()).toHaveLength(2);
});

it('runs nothing from a folder that is a link to somewhere else', async () => {
  await prepare();
  const elsewhere = join(temporary, 'elsewhere');
  renameSync(join(ownFolder(), 'starts'), elsewhere);
  symlinkSync(elsewhere, join(ownFolder(), 'starts'));
  await render();
  expect(whoStarted()).toEqual(['plugin']);
});

it('gives none to a chart whose dependencies have to be built', async () => {
  repository.write({
    'charts/dev/Chart.yaml':
      'apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n  - name: sub\n    version: 0.1.0\n    repository: file://../sub\n',
    'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 0.1.0\n',
  });
  repository.commit('dependency');
  const first = await prepare();
  expect(await render()).toBe(first);
  expect(whoStarted()).toEqual(['plugin', 'plugin', 'plugin']);
});

it('notes no command that an environment has no room for', async () => {
  const apis = Array.from({ length: 1500 }, (_, index) => `${'例'.repeat(24)}${index}`);
  const run = { ...DEV, parameters: [{ name: 'apiVersions', array: apis }] };
  await prepare(run);
  await render(run);
  expect(whoStarted()).toEqual(['plugin']);
});

it('renders all the same where a note is too long to hand over', async () => {
  const first = await prepare();
  const [name = ''] = readdirSync(join(ownFolder(), 'starts'));
  writeFileSync(join(ownFolder(), 'starts', name), `A=${'x'.repeat(140_000)}\0true\0`);
  const { code, stdout } = await start().ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: first });
});

it('takes no variable of the environment for one of its own', async () => {
  await prepare();
  await render({ ...DEV, env: { stopped: '1', node: '1', head_start: '1' } });
  expect(whoStarted()).toEqual(['head start']);
});

it('runs no note that is not whole', async () => {
  const first = await prepare();
  const [name = ''] = readdirSync(join(ownFolder(), 'starts'));
  for (const text of ['', '\0', 'nothing', '--\0']) {
    writeFileSync(join(ownFolder(), 'starts', name), text);
    expect(await render()).toBe(first);
  }
});

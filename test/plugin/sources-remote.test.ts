/** Charts from elsewhere with the values of this repository: from a chart repository and from an OCI registry. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  makeRepository,
  runPlugin,
  TOOL_PATH,
  type PluginResult,
  type TestRepository,
} from '../../cmp/testing/repository.ts';
import { serveChart, type ChartServer } from './support/chart-server.ts';

let folder: string;
let repository: TestRepository;
let server: ChartServer | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stageline-remote-'));
  repository = makeRepository({
    'app/values.yaml': 'greeting: hello\n',
    'app/more.yaml': 'greeting: overridden\n',
  });
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  repository.remove();
  rmSync(folder, { recursive: true, force: true });
});

function archive(): Buffer {
  const chart = makeRepository({
    'redis/Chart.yaml': 'apiVersion: v2\nname: redis\nversion: 1.2.3\n',
    'redis/values.yaml': 'greeting: none\ncommitID: ""\n',
    'redis/templates/a.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  greeting: {{ .Values.greeting }}\n  commit: {{ .Values.commitID }}\n',
  });
  execFileSync('helm', ['package', 'redis', '--destination', folder], {
    cwd: chart.root,
    env: { PATH: TOOL_PATH, HOME: folder },
    stdio: 'ignore',
  });
  chart.remove();
  return readFileSync(join(folder, 'redis-1.2.3.tgz'));
}

function render(parameters: Record<string, unknown>[], env: NodeJS.ProcessEnv = {}): Promise<PluginResult> {
  return runPlugin(repository, {
    path: 'app',
    application: 'cache',
    parameters: [
      { name: 'pipeline', string: 'none' },
      { name: 'valueFiles', array: ['values.yaml'] },
      ...parameters,
    ],
    env: { STAGELINE_CACHE_DIR: join(folder, 'cache'), STAGELINE_HELM_PLAIN_HTTP: 'true', ...env },
  });
}

const chart = (repoURL: string, version = '1.2.3'): Record<string, unknown>[] => [
  { name: 'chart', string: 'redis' },
  { name: 'repoURL', string: repoURL },
  { name: 'version', string: version },
];

describe('a remote chart', () => {
  it.each([
    ['a repository', 'http'],
    ['a registry', 'oci'],
  ])('comes from %s once, and is rendered with the values of the application', async (_what, scheme) => {
    server = await serveChart({ name: 'redis', version: '1.2.3', archive: archive() });
    const first = await render(chart(`${scheme}://${server.host}/charts`));
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('greeting: hello');
    expect(first.stdout).toContain('name: cache');
    expect(first.stdout).toContain(`commit: ${repository.git('rev-parse', 'HEAD').trim()}`);
    expect(first.stdout).toContain(
      `stageline.dev/commit-id: "${repository.git('rev-parse', 'HEAD').trim()}"`,
    );
    const asked = server.requests.length;
    expect(asked).toBeGreaterThan(0);
    expect((await render(chart(`${scheme}://${server.host}/charts`))).stdout).toBe(first.stdout);
    expect(server.requests).toHaveLength(asked);
    expect(readdirSync(join(folder, 'cache'))).toEqual(['cache']);
  });

  it('comes with the admin’s credentials, which no Application can see or set', async () => {
    server = await serveChart({
      name: 'redis',
      version: '1.2.3',
      archive: archive(),
      auth: 'robot:s3cret-word',
    });
    const repoURL = `http://${server.host}/charts`;
    const refused = await render(chart(repoURL));
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^stageline: HELM_PULL: .*401[^\n]*\n$/);
    const file = join(folder, 'repositories.yaml');
    writeFileSync(
      file,
      `apiVersion: ""\nrepositories:\n  - name: own\n    url: ${repoURL}\n    username: robot\n    password: s3cret-word\n`,
    );
    const allowed = await render(chart(repoURL), { STAGELINE_REPOSITORY_CONFIG: file });
    expect(allowed).toMatchObject({ code: 0, stderr: '' });
    expect(allowed.stdout).toContain('greeting: hello');
    const registry = join(folder, 'registry.json');
    const auth = Buffer.from('robot:s3cret-word').toString('base64');
    writeFileSync(registry, JSON.stringify({ auths: { [server.host]: { auth } } }));
    const oci = await render(chart(`oci://${server.host}/charts`), { STAGELINE_REGISTRY_CONFIG: registry });
    expect(oci).toMatchObject({ code: 0, stderr: '' });
  });

  it('that does not exist says so, without credentials of the address', async () => {
    server = await serveChart({ name: 'redis', version: '1.2.3', archive: archive() });
    const missing = await render(chart(`http://${server.host}/charts`, '9.9.9'));
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toMatch(/^stageline: HELM_PULL: helm pull redis 9\.9\.9 failed: [^\n]+\n$/);
    expect(existsSync(join(folder, 'cache/cache/charts'))).toBe(true);
    expect(readdirSync(join(folder, 'cache/cache/charts'))).toEqual([]);
  });

  it.each([
    ['a range for a version', chart('https://charts.example', '^1.2.0'), /"version" is "\^1\.2\.0"/],
    ['credentials in the address', chart('https://user:pw12345@charts.example'), /"repoURL"/],
    [
      'a chart without a repository',
      chart('https://charts.example').slice(0, 1),
      /"chart", "repoURL" and "version"/,
    ],
    [
      'a path for a chart',
      [{ name: 'chart', string: '../x' }, ...chart('https://charts.example').slice(1)],
      /"chart" is/,
    ],
  ])('is not %s', async (_what, parameters, line) => {
    const result = await render(parameters);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/^stageline: PARAMETER_INVALID: /);
    expect(result.stderr).toMatch(line);
    expect(result.stderr).not.toContain('pw12345');
  });
});

/** Every option of Argo CD's Helm source, against `helm template` called by hand: the same bytes. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderApplication, streamParts } from '../../cmp/index.ts';
import {
  makeRepository,
  pluginEnv,
  runPlugin,
  TOOL_PATH,
  type PluginRun,
  type TestRepository,
} from '../../cmp/testing/repository.ts';

const CHART = {
  'app/Chart.yaml': 'apiVersion: v2\nname: app\nversion: 1.2.3\nkubeVersion: ">=1.20.0-0"\n',
  'app/values.yaml': 'a: chart\nb: chart\nlist: [x]\ncommitLike: {}\n',
  'app/values-one.yaml': 'a: one\nb: one\n',
  'app/values-two.yaml': 'b: two\n',
  'app/files/text.txt': 'from a file, with a comma\n',
  'shared/values.yaml': 'a: shared\n',
  'shared/more/x.yaml': 'b: globbed\n',
  'app/values.schema.json': '{"type":"object","properties":{"a":{"type":"string"}}}',
  'app/crds/crd.yaml':
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things.example.com\n',
  'app/templates/all.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  a: {{ toJson .Values.a | quote }}
  b: {{ toJson .Values.b | quote }}
  list: {{ toJson .Values.list | quote }}
  kube: {{ .Capabilities.KubeVersion.Version | quote }}
  apis: {{ .Capabilities.APIVersions.Has "example.com/v1/Thing" | quote }}
  other: {{ .Capabilities.APIVersions.Has "other.example.com/v1" | quote }}
`,
  'app/templates/tests/test.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: test
  annotations:
    helm.sh/hook: test
`,
};

/** Helm as it is called for a plain application, and what each parameter adds to it. */
const BASE = ['--namespace', 'target', '--kube-version', '1.35'];
const APIS = ['--api-versions', 'v1', '--api-versions', 'apps/v1', '--api-versions', 'batch/v1'];
const CRDS = ['--include-crds'];

interface Row {
  option: string;
  parameters: Record<string, unknown>[];
  args: string[];
  release?: string;
}

const TABLE: Row[] = [
  { option: 'nothing', parameters: [], args: [...BASE, ...APIS, ...CRDS] },
  {
    option: 'releaseName',
    parameters: [{ name: 'releaseName', string: 'other' }],
    args: [...BASE, ...APIS, ...CRDS],
    release: 'other',
  },
  {
    option: 'namespace',
    parameters: [{ name: 'namespace', string: 'else' }],
    args: ['--namespace', 'else', ...BASE.slice(2), ...APIS, ...CRDS],
  },
  {
    option: 'kubeVersion',
    parameters: [{ name: 'kubeVersion', string: '1.29.0' }],
    args: ['--namespace', 'target', '--kube-version', '1.29.0', ...APIS, ...CRDS],
  },
  {
    option: 'apiVersions',
    parameters: [{ name: 'apiVersions', array: ['example.com/v1/Thing', 'other.example.com/v1'] }],
    args: [
      ...BASE,
      '--api-versions',
      'example.com/v1/Thing',
      '--api-versions',
      'other.example.com/v1',
      ...CRDS,
    ],
  },
  {
    option: 'an empty list of apiVersions, which is none',
    parameters: [{ name: 'apiVersions', array: [] }],
    args: [...BASE, ...APIS, ...CRDS],
  },
  {
    option: 'the numbers of kubeVersion alone',
    parameters: [{ name: 'kubeVersion', string: 'v1.30.1-eks-abc123' }],
    args: ['--namespace', 'target', '--kube-version', '1.30.1', ...APIS, ...CRDS],
  },
  {
    option: 'a value file that is named where it is named, not where a glob has it',
    parameters: [{ name: 'valueFiles', array: ['values-two.yaml', 'values-*.yaml'] }],
    args: [...BASE, ...APIS, ...CRDS, '-f', 'values-two.yaml', '-f', 'values-one.yaml'],
  },
  {
    option: 'a value file that is named twice, once',
    parameters: [{ name: 'valueFiles', array: ['values-one.yaml', 'values-two.yaml', 'values-one.yaml'] }],
    args: [...BASE, ...APIS, ...CRDS, '-f', 'values-one.yaml', '-f', 'values-two.yaml'],
  },
  {
    option: 'skipCrds',
    parameters: [{ name: 'skipCrds', string: 'true' }],
    args: [...BASE, ...APIS, '--skip-crds'],
  },
  {
    option: 'skipTests',
    parameters: [{ name: 'skipTests', string: 'true' }],
    args: [...BASE, ...APIS, ...CRDS, '--skip-tests'],
  },
  {
    option: 'skipSchemaValidation',
    parameters: [
      { name: 'skipSchemaValidation', string: 'true' },
      { name: 'parameters', map: { a: '1' } },
    ],
    args: [...BASE, ...APIS, ...CRDS, '--skip-schema-validation', '--set', 'a=1'],
  },
  {
    option: 'valueFiles in order, the root’s and the application’s',
    parameters: [
      { name: 'valueFiles', array: ['values-one.yaml', '/shared/values.yaml', '../app/values-two.yaml'] },
    ],
    args: [
      ...BASE,
      ...APIS,
      ...CRDS,
      '-f',
      'values-one.yaml',
      '-f',
      '../shared/values.yaml',
      '-f',
      'values-two.yaml',
    ],
  },
  {
    option: 'valueFiles by globs, sorted by name',
    parameters: [{ name: 'valueFiles', array: ['values-*.yaml', '/shared/**/*.yaml'] }],
    args: [
      ...BASE,
      ...APIS,
      ...CRDS,
      '-f',
      'values-one.yaml',
      '-f',
      'values-two.yaml',
      '-f',
      '../shared/more/x.yaml',
      '-f',
      '../shared/values.yaml',
    ],
  },
  {
    option: 'ignoreMissingValueFiles',
    parameters: [
      { name: 'valueFiles', array: ['nowhere.yaml', 'values-two.yaml'] },
      { name: 'ignoreMissingValueFiles', string: 'true' },
    ],
    args: [...BASE, ...APIS, ...CRDS, '-f', 'values-two.yaml'],
  },
  {
    option: 'values after value files',
    parameters: [
      { name: 'valueFiles', array: ['values-one.yaml'] },
      { name: 'values', string: 'b: from values\nlist: [p, q]\n' },
    ],
    args: [
      ...BASE,
      ...APIS,
      ...CRDS,
      '-f',
      'values-one.yaml',
      '--set',
      'b=from values',
      '--set',
      'list={p,q}',
    ],
  },
  {
    option: 'parameters over values, with commas and lists',
    parameters: [
      { name: 'values', string: 'b: from values' },
      { name: 'parameters', map: { b: 'x,y', 'list[0]': 'first' } },
    ],
    args: [...BASE, ...APIS, ...CRDS, '--set', 'b=x\\,y', '--set', 'list[0]=first'],
  },
  {
    option: 'stringParameters',
    parameters: [{ name: 'stringParameters', map: { b: '0123', 'list[1]': 'true' } }],
    args: [...BASE, ...APIS, ...CRDS, '--set-string', 'b=0123', '--set-string', 'list[1]=true'],
  },
  {
    option: 'fileParameters',
    parameters: [{ name: 'fileParameters', map: { b: 'files/text.txt' } }],
    args: [...BASE, ...APIS, ...CRDS, '--set-file', 'b=files/text.txt'],
  },
  {
    option: 'variables of the build environment',
    parameters: [
      { name: 'parameters', map: { a: '$ARGOCD_APP_NAME', b: '${ARGOCD_APP_NAMESPACE}-$$-$OTHER' } },
    ],
    args: [...BASE, ...APIS, ...CRDS, '--set', 'a=the-app', '--set', 'b=target-$-$OTHER'],
  },
];

let repository: TestRepository;
beforeAll(() => {
  repository = makeRepository(CHART);
});
afterAll(() => repository.remove());

function run(parameters: readonly Record<string, unknown>[], env: NodeJS.ProcessEnv = {}): PluginRun {
  return {
    path: 'app',
    application: 'the-app',
    namespace: 'target',
    parameters: [{ name: 'pipeline', string: 'none' }, { name: 'inject', string: 'none' }, ...parameters],
    env,
  };
}

async function plugin(
  parameters: readonly Record<string, unknown>[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const rendered = await renderApplication({
    cwd: join(repository.root, 'app'),
    env: pluginEnv(repository, run(parameters, env)),
    ownsTree: true,
    warn: (error) => {
      throw error;
    },
  });
  return Buffer.from(
    [...streamParts(rendered.stream, rendered.edits, rendered.appended)].join(''),
    'latin1',
  ).toString();
}

function helm(program: string, release: string, args: readonly string[]): string {
  return execFileSync(program, ['template', release, '.', ...args], {
    cwd: join(repository.root, 'app'),
    encoding: 'utf8',
    env: { PATH: TOOL_PATH, HOME: '/nonexistent' },
  });
}

const hasHelm3 = spawnSync('helm3', ['version'], { env: { PATH: TOOL_PATH } }).status === 0;

const programs = ['helm', ...(hasHelm3 ? ['helm3'] : [])];

describe.each(programs)('%s', (program) => {
  it.each(TABLE)('renders as helm template does: $option', async ({ parameters, args, release }) => {
    expect(await plugin(parameters, { STAGELINE_HELM: program })).toBe(
      helm(program, release ?? 'the-app', args),
    );
  });

  it('says what the schema says', async () => {
    const parameters = [{ name: 'parameters', map: { a: '1' } }];
    await expect(plugin(parameters, { STAGELINE_HELM: program })).rejects.toMatchObject({
      code: 'HELM_FAILED',
    });
  });
});

describe('Helm', () => {
  it('names the release after the Application, wherever that is', async () => {
    const env = { ARGOCD_APP_NAME: 'team-a_the-app' };
    expect(await plugin([], env)).toBe(helm('helm', 'the-app', [...BASE, ...APIS, ...CRDS]));
  });

  it('gives the path-scoped commit for ARGOCD_APP_REVISION, never the head', async () => {
    const commit = repository.git('log', '-1', '--format=%H', '--', 'app').trim();
    repository.write({ 'elsewhere.txt': 'x' });
    const head = repository.commit('elsewhere');
    const parameters = [
      { name: 'stringParameters', map: { a: '$ARGOCD_APP_REVISION', b: '${ARGOCD_APP_REVISION_SHORT}' } },
    ];
    const output = await plugin(parameters);
    expect(output).toContain(commit);
    expect(output).toContain(commit.slice(0, 7));
    expect(output).not.toContain(head.slice(0, 7));
  });

  it('refuses value files at addresses that the admin does not allow', async () => {
    const parameters = [{ name: 'valueFiles', array: ['s3://bucket/values.yaml'] }];
    await expect(plugin(parameters)).rejects.toMatchObject({ code: 'VALUES_SCHEME' });
  });
});

describe('values that the plugin sets', () => {
  const files = (values: string): Record<string, string> => ({
    'app/Chart.yaml': 'apiVersion: v2\nname: app\nversion: 1.0.0\n',
    'app/values.yaml': values,
    'app/templates/a.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  commit: {{ .Values.commitID | quote }}\n  trace: {{ .Values.traceParent | quote }}\n',
  });
  const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
  const bare: PluginRun = { path: 'app', parameters: [{ name: 'pipeline', string: 'none' }] };

  it('are commitID, when the chart declares it, and the traceparent that the values bring', async () => {
    const made = makeRepository(files(`commitID: ""\ntraceParent: ${traceparent}\n`));
    const commit = made.git('rev-parse', 'HEAD').trim();
    const result = await runPlugin(made, bare);
    made.remove();
    expect(result.stdout).toContain(`commit: "${commit}"`);
    expect(result.stdout).toContain(`trace: "${traceparent}"`);
    expect(result.stdout).toContain(`stageline.dev/traceparent: "${traceparent}"`);
  });

  it('are none when the chart declares none', async () => {
    const made = makeRepository(files('other: 1\n'));
    const result = await runPlugin(made, bare);
    made.remove();
    expect(result.stdout).toMatch(/commit: *\n/);
  });

  it('are not a traceparent that is none: that is reported and taken away', async () => {
    const made = makeRepository(files('commitID: x\ntraceParent: "00-nonsense"\n'));
    const result = await runPlugin(made, bare);
    made.remove();
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(/^stageline: warning: TRACEPARENT_INVALID: /);
    expect(result.stdout).toContain('trace: ""');
    expect(result.stdout).not.toContain('nonsense');
  });

  it.each(['traceParent: ""\n', 'traceParent: null\n', 'traceParent: # none\n'])(
    'are no traceparent that later values take away: %j',
    async (later) => {
      const made = makeRepository({ ...files(`traceParent: ${traceparent}\n`), 'app/later.yaml': later });
      const parameters = [...(bare.parameters ?? []), { name: 'valueFiles', array: ['later.yaml'] }];
      const result = await runPlugin(made, { ...bare, parameters });
      made.remove();
      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(result.stdout).not.toContain(traceparent);
    },
  );

  it('stay the user’s where the Application sets them itself', async () => {
    const made = makeRepository(files('commitID: x\n'));
    const parameters = [...(bare.parameters ?? []), { name: 'parameters', map: { commitID: 'mine' } }];
    const result = await runPlugin(made, { ...bare, parameters });
    made.remove();
    expect(result.stdout).toContain('commit: "mine"');
  });

  it('stay the user’s where the values of the Application have them', async () => {
    const made = makeRepository(files('commitID: ""\n'));
    const commit = made.git('rev-parse', 'HEAD').trim();
    const withValues = (string: string): PluginRun => ({
      ...bare,
      parameters: [...(bare.parameters ?? []), { name: 'values', string }],
    });
    const own = await runPlugin(made, withValues('commitID: mine # pinned\n'));
    const empty = await runPlugin(made, withValues('commitID: ""\n'));
    made.remove();
    expect(own.stdout).toContain('commit: "mine"');
    expect(empty.stdout).toContain(`commit: "${commit}"`);
  });
});

describe('a value file', () => {
  const run: PluginRun = {
    path: 'app',
    parameters: [
      { name: 'pipeline', string: 'none' },
      { name: 'ignoreMissingValueFiles', string: 'true' },
    ],
  };

  it.each([
    ['by its name', '/shared/values.yaml'],
    ['by a glob', '/shared/*.yaml'],
  ])('that was removed makes the removing commit the version: %s', async (_how, name) => {
    const made = makeRepository(CHART);
    made.git('rm', '--quiet', 'shared/values.yaml');
    const removed = made.commit('remove the shared values');
    made.write({ 'other.txt': 'x' });
    made.commit('elsewhere');
    const parameters = [...(run.parameters ?? []), { name: 'valueFiles', array: [name] }];
    const result = await runPlugin(made, { ...run, parameters });
    made.remove();
    expect(result.stdout).toContain(`stageline.dev/commit-id: "${removed}"`);
  });

  it('that is a link in a circle is none', async () => {
    const made = makeRepository(CHART);
    symlinkSync('loop.yaml', join(made.root, 'shared/loop.yaml'));
    made.commit('loop');
    const parameters = [...(run.parameters ?? []), { name: 'valueFiles', array: ['/shared/loop.yaml'] }];
    const result = await runPlugin(made, { ...run, parameters });
    made.remove();
    expect(result).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    ['a folder', '/shared', /VALUES_MISSING: value file "\/shared" of app is no file/],
    ['nothing', '', /VALUES_MISSING: value file "" of app is no file/],
  ])('that is %s is refused', async (_what, name, line) => {
    const made = makeRepository(CHART);
    const parameters = [...(run.parameters ?? []), { name: 'valueFiles', array: [name] }];
    const result = await runPlugin(made, { ...run, parameters });
    made.remove();
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(line);
  });
});

it('takes the text of a file parameter from an address that the admin allows', async () => {
  const made = makeRepository(CHART);
  const server = createServer((_request, response) => response.end('from afar'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const parameters = [
    { name: 'pipeline', string: 'none' },
    { name: 'fileParameters', map: { a: `http://127.0.0.1:${port}/text` } },
  ];
  const allowed = await runPlugin(made, { path: 'app', parameters });
  const env = { STAGELINE_VALUES_SCHEMES: 'https' };
  const refused = await runPlugin(made, { path: 'app', parameters, env });
  server.close();
  made.remove();
  expect(allowed.stdout).toContain('from afar');
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/VALUES_SCHEME: file parameter a of app is at a http address/);
});

it('refuses another type of source for a remote chart', async () => {
  const made = makeRepository(CHART);
  const parameters = [
    { name: 'source', string: 'directory' },
    { name: 'chart', string: 'x' },
  ];
  const result = await runPlugin(made, { path: 'app', parameters });
  made.remove();
  expect(result.stderr).toMatch(/PARAMETER_INVALID: plugin parameter "source" is "directory"/);
});

describe('dependencies', () => {
  it('are built when they are missing, and only then', async () => {
    const made = makeRepository({
      'app/Chart.yaml':
        'apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n  - name: base\n    version: 1.0.0\n    repository: file://../base\n',
      'app/templates/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n',
      'base/Chart.yaml': 'apiVersion: v2\nname: base\nversion: 1.0.0\n',
      'base/templates/b.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-base\n',
    });
    const bare: PluginRun = { path: 'app', parameters: [{ name: 'pipeline', string: 'none' }] };
    const first = await runPlugin(made, bare);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('name: from-base');
    expect(existsSync(join(made.root, 'app/charts/base-1.0.0.tgz'))).toBe(true);
    const second = await runPlugin(made, bare);
    made.remove();
    expect(second.stdout).toBe(first.stdout);
  });

  it('that cannot be had say why', async () => {
    const made = makeRepository({
      'app/Chart.yaml':
        'apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n  - name: base\n    version: 1.0.0\n    repository: https://user:pw12345@127.0.0.1:1/charts\n',
    });
    const result = await runPlugin(made, { path: 'app', parameters: [{ name: 'pipeline', string: 'none' }] });
    made.remove();
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/^stageline: HELM_DEPENDENCIES: .*127\.0\.0\.1:1[^\n]+\n$/);
    expect(result.stderr).not.toContain('pw12345');
  });
});

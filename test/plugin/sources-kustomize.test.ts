/** Every option of Argo CD's Kustomize source, against `kubectl kustomize` on a kustomization written by hand. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { renderApplication, streamParts, type Rendered } from '../../cmp/index.ts';
import {
  chartFiles,
  makeRepository,
  pluginEnv,
  runPlugin,
  TOOL_PATH,
  type TestRepository,
} from '../../cmp/testing/repository.ts';

const KUSTOMIZATION = `resources:
  - app.yaml
namePrefix: old-
images:
  - name: example/app
    newTag: v1
  - name: example/other
    newTag: v1
commonAnnotations:
  team: a
`;

const FILES: Record<string, string> = {
  'app/kustomization.yaml': KUSTOMIZATION,
  'app/app.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  labels:
    a: b
spec:
  replicas: 1
  selector:
    matchLabels:
      app: app
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: example/app
        - name: other
          image: example/other
`,
  'app/component/kustomization.yaml':
    'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nconfigMapGenerator:\n  - name: made\n    literals: [a=b]\n',
  'shared/kustomization.yaml':
    'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -shared\n',
};

interface Row {
  option: string;
  parameters: Record<string, unknown>[];
  /** The kustomization that says the same. */
  byHand: string;
}

const without = (field: string): string =>
  KUSTOMIZATION.replace(new RegExp(`^${field}:.*\n(?: .*\n)*`, 'm'), '');

const TABLE: Row[] = [
  { option: 'nothing', parameters: [], byHand: KUSTOMIZATION },
  {
    option: 'namePrefix',
    parameters: [{ name: 'namePrefix', string: 'new-' }],
    byHand: KUSTOMIZATION.replace('old-', 'new-'),
  },
  {
    option: 'nameSuffix',
    parameters: [{ name: 'nameSuffix', string: '-x' }],
    byHand: `${KUSTOMIZATION}nameSuffix: -x\n`,
  },
  {
    option: 'namespace',
    parameters: [{ name: 'namespace', string: 'target' }],
    byHand: `${KUSTOMIZATION}namespace: target\n`,
  },
  {
    option: 'images, by tag, digest and new name',
    parameters: [
      {
        name: 'images',
        array: ['example/app:v2', `example/other=registry.example:5000/else@sha256:${'a'.repeat(64)}`],
      },
    ],
    byHand: `${without('images')}images:\n  - {name: example/app, newTag: v2}\n  - {name: example/other, newName: "registry.example:5000/else", digest: "sha256:${'a'.repeat(64)}"}\n`,
  },
  {
    option: 'an image that takes only a new name',
    parameters: [{ name: 'images', array: ['example/app=else/app'] }],
    byHand: `${without('images')}images:\n  - {name: example/app, newName: else/app}\n  - {name: example/other, newTag: v1}\n`,
  },
  {
    option: 'an image whose name is not there to stay',
    parameters: [{ name: 'images', array: ['example/app=*:v3'] }],
    byHand: `${without('images')}images:\n  - {name: example/app, newTag: v3}\n  - {name: example/other, newTag: v1}\n`,
  },
  {
    option: 'an image without a name that takes only a tag',
    parameters: [{ name: 'images', array: ['example/app=:v3'] }],
    byHand: `${without('images')}images:\n  - {name: example/app, newTag: v3}\n  - {name: example/other, newTag: v1}\n`,
  },
  {
    option: 'an image whose tag and name stay beside a new digest',
    parameters: [{ name: 'images', array: [`example/app=*:*@sha256:${'a'.repeat(64)}`] }],
    byHand: `${without('images')}images:\n  - {name: example/app, newTag: v1, digest: "sha256:${'a'.repeat(64)}"}\n  - {name: example/other, newTag: v1}\n`,
  },
  {
    option: 'the last entry of an image',
    parameters: [{ name: 'images', array: ['example/app=a:v1', 'example/app=b:v2'] }],
    byHand: `${without('images')}images:\n  - {name: example/app, newName: b, newTag: v2}\n  - {name: example/other, newTag: v1}\n`,
  },
  {
    option: 'replicas',
    parameters: [{ name: 'replicas', map: { app: '3' } }],
    byHand: `${KUSTOMIZATION}replicas:\n  - {name: app, count: 3}\n`,
  },
  {
    option: 'commonLabels',
    parameters: [{ name: 'commonLabels', map: { tier: 'web', app2: '$ARGOCD_APP_NAME' } }],
    byHand: `${KUSTOMIZATION}commonLabels: {tier: web, app2: shop-dev}\n`,
  },
  {
    option: 'labelWithoutSelector',
    parameters: [
      { name: 'commonLabels', map: { tier: 'web' } },
      { name: 'labelWithoutSelector', string: 'true' },
    ],
    byHand: `${KUSTOMIZATION}labels:\n  - pairs: {tier: web}\n`,
  },
  {
    option: 'labelIncludeTemplates',
    parameters: [
      { name: 'commonLabels', map: { tier: 'web' } },
      { name: 'labelWithoutSelector', string: 'true' },
      { name: 'labelIncludeTemplates', string: 'true' },
    ],
    byHand: `${KUSTOMIZATION}labels:\n  - pairs: {tier: web}\n    includeTemplates: true\n`,
  },
  {
    option: 'commonAnnotations as they are written',
    parameters: [{ name: 'commonAnnotations', map: { note: '$ARGOCD_APP_NAME' } }],
    byHand: KUSTOMIZATION.replace('  team: a\n', '  team: a\n  note: $ARGOCD_APP_NAME\n'),
  },
  {
    option: 'commonAnnotationsEnvsubst',
    parameters: [
      { name: 'commonAnnotations', map: { note: '$ARGOCD_APP_NAME' } },
      { name: 'commonAnnotationsEnvsubst', string: 'true' },
    ],
    byHand: KUSTOMIZATION.replace('  team: a\n', '  team: a\n  note: shop-dev\n'),
  },
  {
    option: 'forceCommonAnnotations',
    parameters: [
      { name: 'commonAnnotations', map: { team: 'b' } },
      { name: 'forceCommonAnnotations', string: 'true' },
    ],
    byHand: KUSTOMIZATION.replace('team: a', 'team: b'),
  },
  {
    option: 'patches',
    parameters: [
      {
        name: 'patches',
        string:
          '- target: {kind: Deployment}\n  patch: |-\n    - op: add\n      path: /spec/paused\n      value: true\n',
      },
    ],
    byHand: `${KUSTOMIZATION}patches:\n  - target: {kind: Deployment}\n    patch: |-\n      - op: add\n        path: /spec/paused\n        value: true\n`,
  },
  {
    option: 'components',
    parameters: [{ name: 'components', array: ['component'] }],
    byHand: `${KUSTOMIZATION}components: [component]\n`,
  },
  {
    option: 'components from the repository’s root',
    parameters: [{ name: 'components', array: ['/shared', '/shared'] }],
    byHand: `${KUSTOMIZATION}components: [../shared]\n`,
  },
  {
    option: 'ignoreMissingComponents',
    parameters: [
      { name: 'components', array: ['nowhere', 'component'] },
      { name: 'ignoreMissingComponents', string: 'true' },
    ],
    byHand: `${KUSTOMIZATION}components: [component]\n`,
  },
];

/** A kustomization that has something of its own already, and the one that says the same afterwards. */
interface Change {
  what: string;
  has: string;
  parameters: Record<string, unknown>[];
  byHand: string;
}

const RESOURCES = 'resources: [app.yaml]\n';
const LABELS_ONLY = { name: 'labelWithoutSelector', string: 'true' };
const FORCE = { name: 'forceCommonLabels', string: 'true' };
const TEAM_B = { name: 'commonLabels', map: { team: 'b' } };

const CHANGES: Change[] = [
  {
    what: 'keeps the name of an image',
    has: `${RESOURCES}images:\n  - {name: example/app, newName: reg/app, newTag: v1}\n`,
    parameters: [{ name: 'images', array: ['example/app=*:v2'] }],
    byHand: `${RESOURCES}images:\n  - {name: example/app, newName: reg/app, newTag: v2}\n`,
  },
  {
    what: 'keeps the digest of an image',
    has: `${RESOURCES}images:\n  - {name: example/app, newTag: v1, digest: "sha256:ab"}\n`,
    parameters: [{ name: 'images', array: ['example/app=reg/app@*'] }],
    byHand: `${RESOURCES}images:\n  - {name: example/app, newName: reg/app, digest: "sha256:ab"}\n`,
  },
  {
    what: 'adds no component twice',
    has: `${RESOURCES}components: [component]\n`,
    parameters: [{ name: 'components', array: ['component', '/shared', '/shared'] }],
    byHand: `${RESOURCES}components: [component, ../shared]\n`,
  },
  {
    what: 'adds to the labels of an entry that reaches the same places',
    has: `${RESOURCES}labels:\n  - pairs: {a: c}\n    includeTemplates: true\n  - pairs: {d: e}\n`,
    parameters: [TEAM_B, LABELS_ONLY, { name: 'labelIncludeTemplates', string: 'true' }],
    byHand: `${RESOURCES}labels:\n  - pairs: {a: c, team: b}\n    includeTemplates: true\n  - pairs: {d: e}\n`,
  },
  {
    what: 'changes a forced label where it is',
    has: `${RESOURCES}labels:\n  - pairs: {team: x}\n    includeTemplates: true\n`,
    parameters: [TEAM_B, LABELS_ONLY, FORCE, { name: 'labelIncludeTemplates', string: 'true' }],
    byHand: `${RESOURCES}labels:\n  - pairs: {team: b}\n    includeTemplates: true\n`,
  },
  {
    what: 'leaves a forced label in templates',
    has: `${RESOURCES}labels:\n  - pairs: {team: x}\n    includeTemplates: true\n`,
    parameters: [TEAM_B, LABELS_ONLY, FORCE],
    byHand: `${RESOURCES}labels:\n  - pairs: {team: x}\n    includeTemplates: true\n  - pairs: {team: b}\n`,
  },
  {
    what: 'leaves a forced label in selectors',
    has: `${RESOURCES}labels:\n  - pairs: {team: x}\n    includeSelectors: true\n`,
    parameters: [TEAM_B, LABELS_ONLY, FORCE],
    byHand: `${RESOURCES}labels:\n  - pairs: {team: x}\n    includeSelectors: true\n  - pairs: {team: b}\n`,
  },
];

/** Kustomizations that fail with the value of a Secret in the message, and what must be left of the reason. */
const VALUE = 'hunter2-very-secret';
const SECRET = `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: 'a}"]${VALUE}'}\n`;
const LEAKS: [what: string, files: Record<string, string>, left: RegExp][] = [
  [
    'a generated Secret',
    {
      'kustomization.yaml': `secretGenerator: [{name: s, literals: [password=${VALUE}]}]\ncommonAnnotations: {on: "yes"}\n`,
    },
    /failed: \*\*\*: json: unsupported type: map with keys that are no texts$/,
  ],
  [
    'a Secret with brackets and quotes in it',
    { 'kustomization.yaml': 'resources: [s.yaml]\ncommonLabels: {y: "a"}\n', 's.yaml': SECRET },
    /json: unsupported type: map with keys/,
  ],
  [
    'a patch that is none',
    {
      'kustomization.yaml': `resources: [s.yaml]\npatches:\n  - target: {kind: Secret}\n    patch: |-\n      op: replace\n      a: "\`"\n      value: ${VALUE}\n`,
      's.yaml': SECRET,
    },
    /PatchTransformer with config: \*\*\*: unable to parse SM or JSON patch from \*\*\*$/,
  ],
  [
    'a patch that is cut off',
    {
      'kustomization.yaml': `resources: [s.yaml]\npatchesJson6902:\n  - target: {kind: Secret, version: v1, name: s}\n    patch: '[{"op": {}, "value": "${VALUE}"'\n`,
      's.yaml': SECRET,
    },
    /PatchJson6902Transformer with config: \*\*\*: decoding \*\*\*$/,
  ],
  [
    'a literal without a key',
    { 'kustomization.yaml': `secretGenerator: [{name: s, literals: ["a], ${VALUE}"]}]\n` },
    /literal sources \*\*\*/,
  ],
  [
    'a text where a mapping should be',
    {
      'kustomization.yaml': 'resources: [s.yaml]\ncommonLabels: {a: b}\n',
      's.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: s, labels: ${VALUE}}\n`,
    },
    /'metadata\/labels' of object Secret\.v1\.\[noGrp\]\/s\.\[noNs\]: wrong node kind: .* node contents:\*\*\*$/,
  ],
  [
    'a Secret without a name',
    {
      'kustomization.yaml': 'resources: [s.yaml]\n',
      's.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {annotations: {note: ${VALUE}}}\n`,
    },
    /missing metadata\.name in object \*\*\*': must build at directory/,
  ],
];

let repository: TestRepository;
beforeAll(() => {
  repository = makeRepository(FILES);
});
afterAll(() => repository.remove());

function render(
  parameters: readonly Record<string, unknown>[],
  more: { env?: NodeJS.ProcessEnv; ownsTree?: boolean } = {},
): Promise<Rendered> {
  return renderIn(repository, parameters, more);
}

function renderIn(
  made: TestRepository,
  parameters: readonly Record<string, unknown>[],
  more: { env?: NodeJS.ProcessEnv; ownsTree?: boolean } = {},
): Promise<Rendered> {
  const plain = [
    { name: 'pipeline', string: 'none' },
    { name: 'inject', string: 'none' },
  ];
  return renderApplication({
    cwd: join(made.root, 'app'),
    env: pluginEnv(made, { path: 'app', parameters: [...plain, ...parameters], env: more.env ?? {} }),
    ownsTree: more.ownsTree ?? true,
    warn: (error) => {
      throw error;
    },
  });
}

function textOf(rendered: Rendered): string {
  return Buffer.from(
    [...streamParts(rendered.stream, rendered.edits, rendered.appended)].join(''),
    'latin1',
  ).toString();
}

function byHand(kustomization: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'stageline-by-hand-'));
  try {
    for (const [path, text] of Object.entries({ ...FILES, 'app/kustomization.yaml': kustomization })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const env = { PATH: TOOL_PATH, HOME: '/nonexistent' };
    return execFileSync('kubectl', ['kustomize', join(folder, 'app')], {
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('Kustomize', () => {
  it.each(TABLE)(
    'renders as kubectl kustomize does: $option',
    async ({ parameters, byHand: kustomization }) => {
      expect(textOf(await render(parameters))).toBe(byHand(kustomization));
      expect(readFileSync(join(repository.root, 'app/kustomization.yaml'), 'utf8')).toBe(KUSTOMIZATION);
    },
  );

  it('changes nothing of a tree that is a user’s', async () => {
    const rendered = await render([{ name: 'namePrefix', string: 'new-' }], { ownsTree: false });
    expect(textOf(rendered)).toBe(byHand(KUSTOMIZATION.replace('old-', 'new-')));
    expect(repository.git('status', '--porcelain')).toBe('');
  });

  it('takes the admin’s build options, and none of an Application', async () => {
    const env = {
      STAGELINE_KUSTOMIZE_BUILD_OPTIONS: '--as-current-user',
      ARGOCD_ENV_STAGELINE_KUSTOMIZE_BUILD_OPTIONS: '--nothing',
    };
    expect(textOf(await render([], { env }))).toBe(byHand(KUSTOMIZATION));
    const bad = render([], { env: { STAGELINE_KUSTOMIZE_BUILD_OPTIONS: '--no-such-option' } });
    await expect(bad).rejects.toMatchObject({
      code: 'KUSTOMIZE_FAILED',
      message: expect.stringContaining('--no-such-option'),
    });
  });

  it.each<[string, Record<string, unknown>[], RegExp]>([
    ['an annotation that is there', [{ name: 'commonAnnotations', map: { team: 'b' } }], /annotation "team"/],
    ['a component that does not exist', [{ name: 'components', array: ['nowhere'] }], /component "nowhere"/],
    ['a count that is no number', [{ name: 'replicas', map: { app: 'many' } }], /"many" for app/],
    ['an image without a version', [{ name: 'images', array: ['example/app'] }], /"example\/app"/],
    ['patches that are no list', [{ name: 'patches', string: 'a: b' }], /"patches"/],
    [
      'labels for templates and selectors at once',
      [
        { name: 'commonLabels', map: { tier: 'web' } },
        { name: 'labelIncludeTemplates', string: 'true' },
      ],
      /"labelIncludeTemplates" needs "labelWithoutSelector"/,
    ],
  ])('refuses %s', async (_what, parameters, message) => {
    await expect(render(parameters)).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });

  it.each(CHANGES)('$what', async ({ has, parameters, byHand: kustomization }) => {
    const made = makeRepository({ ...FILES, 'app/kustomization.yaml': has });
    onTestFinished(made.remove);
    expect(textOf(await renderIn(made, parameters))).toBe(byHand(kustomization));
  });

  it('refuses a label that the same entry has, unless it is forced', async () => {
    const made = makeRepository({
      ...FILES,
      'app/kustomization.yaml': `${RESOURCES}labels:\n  - pairs: {team: x}\n`,
    });
    onTestFinished(made.remove);
    await expect(renderIn(made, [TEAM_B, LABELS_ONLY])).rejects.toMatchObject({
      message: expect.stringContaining('the label "team" already'),
    });
    expect(textOf(await renderIn(made, [TEAM_B, LABELS_ONLY, FORCE]))).toBe(
      byHand(`${RESOURCES}labels:\n  - pairs: {team: b}\n`),
    );
  });

  it.each(LEAKS)('prints nothing of %s', async (_what, files, left) => {
    const made = makeRepository(
      Object.fromEntries(Object.entries(files).map(([path, text]) => [`app/${path}`, text])),
    );
    onTestFinished(made.remove);
    const failure = await renderIn(made, []).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'KUSTOMIZE_FAILED',
      message: expect.stringMatching(left),
    });
    expect(String(failure)).not.toContain(VALUE);
    expect(String(failure)).not.toContain(Buffer.from(VALUE).toString('base64'));
  });

  it.each(['helm', 'helm3'])('renders charts of a kustomization with %s', async (helm) => {
    const made = makeRepository({
      'app/kustomization.yaml':
        'helmGlobals: {chartHome: charts}\nhelmCharts:\n  - {name: shop, releaseName: web, valuesInline: {image: {tag: v9}}}\n',
      ...chartFiles('app/charts/shop'),
    });
    // A path that a shell would take apart.
    const folder = mkdtempSync(join(tmpdir(), "stageline $(helm) 'test' "));
    onTestFinished(() => {
      made.remove();
      rmSync(folder, { recursive: true, force: true });
    });
    const program = TOOL_PATH.split(delimiter)
      .map((path) => join(path, helm))
      .find((path) => existsSync(path));
    symlinkSync(program ?? helm, join(folder, 'helm'));
    const temporary = join(folder, 'temporary');
    mkdirSync(temporary);
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const env = {
      STAGELINE_KUSTOMIZE_BUILD_OPTIONS: '--enable-helm',
      STAGELINE_HELM: join(folder, 'helm'),
    };
    expect(textOf(await renderIn(made, [], { env }))).toContain('image: example/shop:v9');
    made.write({ 'app/charts/shop/templates/bad.yaml': '{{ fail "no more" }}' });
    const failure: unknown = await renderIn(made, [], { env }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'KUSTOMIZE_FAILED',
      message: expect.stringContaining(': no more'),
    });
    expect(String(failure)).not.toContain(temporary);
    expect(readdirSync(temporary).filter((name) => name.includes('kustomize'))).toEqual([]);
  });

  it('gives kustomize’s own reason, once', async () => {
    const made = makeRepository({ 'app/kustomization.yaml': 'resources: [nowhere.yaml]\n' });
    const rendering = renderApplication({
      cwd: join(made.root, 'app'),
      env: pluginEnv(made, { path: 'app', parameters: [{ name: 'pipeline', string: 'none' }] }),
      ownsTree: true,
      warn: () => undefined,
    });
    await expect(rendering).rejects.toMatchObject({
      code: 'KUSTOMIZE_FAILED',
      message: expect.stringMatching(/^kustomize build app failed: .*nowhere\.yaml/),
    });
    made.remove();
  });

  it('refuses a component with a link out of the repository', async () => {
    const made = makeRepository(FILES);
    onTestFinished(made.remove);
    symlinkSync('/etc/hostname', join(made.root, 'shared/link'));
    await expect(renderIn(made, [{ name: 'components', array: ['/shared'] }])).rejects.toMatchObject({
      code: 'PATH_OUTSIDE',
    });
  });

  it('refuses a base outside of the repository', async () => {
    const made = makeRepository({ 'app/kustomization.yaml': 'resources: [../../../../../etc]\n' });
    const rendering = renderApplication({
      cwd: join(made.root, 'app'),
      env: pluginEnv(made, { path: 'app', parameters: [{ name: 'pipeline', string: 'none' }] }),
      ownsTree: true,
      warn: () => undefined,
    });
    await expect(rendering).rejects.toMatchObject({ code: 'PATH_OUTSIDE' });
    made.remove();
  });
});

it.each([
  'file:///tmp/other?ref=main',
  'git::file:///tmp/other',
  '/tmp/other//base?ref=main',
  '../../other//base?ref=main',
])('clones no repository of the machine: %s', async (resource) => {
  const made = makeRepository({ 'app/kustomization.yaml': `resources: ["${resource}"]\n` });
  const result = await runPlugin(made, {
    path: 'app',
    parameters: [{ name: 'pipeline', string: 'none' }],
  });
  made.remove();
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(result.stderr).toMatch(/^stageline: PATH_OUTSIDE: .* is a repository on this machine/);
});

/** Every option of Argo CD's Kustomize source, against `kubectl kustomize` on a kustomization written by hand. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderApplication, streamParts, type Rendered } from '../../cmp/index.ts';
import { makeRepository, pluginEnv, TOOL_PATH, type TestRepository } from '../../cmp/testing/repository.ts';

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
    option: 'ignoreMissingComponents',
    parameters: [
      { name: 'components', array: ['nowhere', 'component'] },
      { name: 'ignoreMissingComponents', string: 'true' },
    ],
    byHand: `${KUSTOMIZATION}components: [component]\n`,
  },
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
  const plain = [
    { name: 'pipeline', string: 'none' },
    { name: 'inject', string: 'none' },
  ];
  return renderApplication({
    cwd: join(repository.root, 'app'),
    env: pluginEnv(repository, { path: 'app', parameters: [...plain, ...parameters], env: more.env ?? {} }),
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
  ])('refuses %s', async (_what, parameters, message) => {
    await expect(render(parameters)).rejects.toMatchObject({ message: expect.stringMatching(message) });
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

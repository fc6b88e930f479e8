/**
 * What `stageline init` writes renders what the Application's old section did: the plugin's output, with nothing
 * injected, against Helm, Kustomize and the folder's own files called by hand as Argo CD calls them.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { makeRepository, runPlugin, TOOL_PATH, type TestRepository } from '../../cmp/testing/repository.ts';
import { createInitCommand } from '../../cli/commands/init.ts';

let repository: TestRepository | undefined;
afterEach(() => repository?.remove());

const CHART = {
  'Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
  'values.yaml': 'image: { tag: none }\nflags: {}\ntext: ""\nfile: ""\nreplicas: 1\n',
  'values-dev.yaml': 'image:\n  tag: v2\n',
  'values-prod.yaml': 'image:\n  tag: v1\n',
  'motd.txt': 'one, two\nthree\n',
  'crds/shop.yaml':
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: shops.example.com\n',
  'templates/all.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  values: {{ .Values | toJson | quote }}
  kube: {{ .Capabilities.KubeVersion.Version }}
  has: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}
  types: {{ printf "%T %T %T" .Values.replicas .Values.text .Values.image.tag | quote }}
`,
  'templates/tests/test.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: test\n  annotations:\n    helm.sh/hook: test\nspec: { containers: [] }\n',
};

const OVERLAY = `resources: [../../base]
images:
  - name: web
    newTag: v1
commonAnnotations:
  quoted: "on"
`;

const BASE = {
  'base/kustomization.yaml': 'resources: [web.yaml]\n',
  'base/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web, image: web }]
`,
};

const MANIFEST = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  mode: "0644" # kept\n';

const application = (stage: string, path: string, section: string): string => `---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop-${stage}, namespace: argocd }
spec:
  source:
    repoURL: https://git.example.com/shop.git
    path: ${path}
${section}  destination: { server: https://kubernetes.default.svc, namespace: shop-${stage} }
`;

const under = (folder: string, files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([file, text]) => [join(folder, file), text]));

const Plugin = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    source: z.looseObject({
      path: z.string(),
      plugin: z.object({
        name: z.literal('stageline'),
        parameters: z.array(z.record(z.string(), z.unknown())).default([]),
      }),
    }),
  }),
});

/** The stream of the plugin for shop-dev, by the parameters that init writes, without pipeline and injection. */
async function rendered(files: Record<string, string>, args: string[] = []): Promise<string> {
  repository = makeRepository(files);
  const exitCode = await createInitCommand(() => Promise.resolve(false)).run(['--yes', ...args], {
    cwd: repository.root,
    env: {},
    stdout: () => undefined,
    stderr: () => undefined,
    colour: false,
  });
  expect(exitCode).toBe(0);
  const parsed = parseAllDocuments(readFileSync(join(repository.root, 'apps.yaml'), 'utf8'));
  const all = (Array.isArray(parsed) ? parsed : []).map((document) => Plugin.parse(document.toJS()));
  const found = all.find(({ metadata }) => metadata.name === 'shop-dev');
  if (!found) throw new Error('init has lost shop-dev');
  const { path, plugin } = found.spec.source;
  const bare = [
    { name: 'pipeline', string: 'none' },
    { name: 'inject', string: 'none' },
  ];
  const result = await runPlugin(repository, { path, parameters: [...plugin.parameters, ...bare] });
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return result.stdout;
}

function byHand(folder: string, program: string, args: string[], input?: string): string {
  if (!repository) throw new Error('there is no repository');
  return execFileSync(program, args, {
    cwd: join(repository.root, folder),
    encoding: 'utf8',
    stdio: 'pipe',
    env: { PATH: TOOL_PATH, HOME: '/nonexistent', HELM_CACHE_HOME: join(repository.root, '.git/helm') },
    ...(input === undefined ? {} : { input }),
  });
}

/** Documents as they are written, without the lines between them. */
function documents(stream: string): string[] {
  return stream
    .split(/^---\s*$/m)
    .map((text) => text.replace(/^# Source: .*$/m, '').trim())
    .filter((text) => text !== '');
}

const HELM = ['template', '.', '--namespace', 'shop-dev', '--kube-version'];
const API_VERSIONS = ['v1', 'apps/v1', 'batch/v1'].flatMap((api) => ['--api-versions', api]);

test('source.helm with value files, parameters, texts and flags', async () => {
  const section = (stage: string): string => `    helm:
      releaseName: the-shop
      valueFiles: [values-${stage}.yaml, missing.yaml]
      ignoreMissingValueFiles: true
      parameters:
        - { name: replicas, value: "3" }
        - { name: text, value: "0123", forceString: true }
        - { name: flags.long\\.key, value: 'a,b' }
      fileParameters: [{ name: file, path: motd.txt }]
      values: |
        # kept
        flags: { on: off, mode: 0644 }
      skipTests: true
      kubeVersion: 1.33.0
      apiVersions: [example.com/v1]
`;
  const files = {
    ...under('charts/shop', CHART),
    'apps.yaml': ['dev', 'prod'].map((stage) => application(stage, 'charts/shop', section(stage))).join(''),
  };
  const stream = await rendered(files);
  const set = ['--set', 'replicas=3', '--set', 'flags.long\\.key=a\\,b', '--set-string', 'text=0123'];
  const own = ['--values', 'values-dev.yaml', '--values', '-', ...set, '--set-file', 'file=motd.txt'];
  const args = [...HELM, '1.33.0', '--name-template', 'the-shop', '--api-versions', 'example.com/v1'];
  const expected = byHand(
    'charts/shop',
    'helm',
    [...args, '--include-crds', '--skip-tests', ...own],
    '# kept\nflags: { on: off, mode: 0644 }\n',
  );
  expect(documents(stream)).toEqual(documents(expected));
  expect(stream).toContain('CustomResourceDefinition');
});

test('source.helm with a valuesObject, whose values are what Kubernetes reads there', async () => {
  const section = (stage: string): string => `    helm:
      skipCrds: true
      values: 'text: not taken'
      valuesObject:
        image: { tag: v-${stage} }
        flags:
          yes: on
          texts: ["on", "0644", "12:30", "1e3", "null", "2024-01-01", ""]
          mode: 0644
          day: 2024-01-01
          time: 12:30
          long: 9007199254740993
          none: null
`;
  const files = {
    ...under('charts/dev', CHART),
    ...under('charts/prod', CHART),
    'apps.yaml': ['dev', 'prod']
      .map((stage) => application(stage, `charts/${stage}`, section(stage)))
      .join(''),
  };
  const stream = await rendered(files, ['--key', 'image.tag']);
  const values = JSON.stringify({
    image: { tag: 'v-dev' },
    flags: {
      true: true,
      texts: ['on', '0644', '12:30', '1e3', 'null', '2024-01-01', ''],
      mode: 420,
      day: '2024-01-01',
      time: '12:30',
      long: 'LONG',
      none: null,
    },
  }).replace('"LONG"', '9007199254740993');
  const args = [
    ...HELM,
    '1.35',
    '--name-template',
    'shop-dev',
    ...API_VERSIONS,
    '--skip-crds',
    '--values',
    '-',
  ];
  expect(documents(stream)).toEqual(documents(byHand('charts/dev', 'helm', args, values)));
});

test('source.kustomize with images, prefixes, labels, annotations, replicas and patches', async () => {
  const section = `    kustomize:
      namePrefix: a-
      images: [web=registry.example/web:v7]
      replicas: [{ name: web, count: 3 }]
      commonLabels: { team: "1" }
      commonAnnotations: { says: "yes", mode: "0644" }
      patches:
        - target: { kind: Deployment }
          patch: |
            - op: add
              path: /metadata/annotations/patched
              value: "on"
`;
  const files: Record<string, string> = { ...BASE };
  for (const stage of ['dev', 'prod']) files[`overlays/${stage}/kustomization.yaml`] = OVERLAY;
  files['apps.yaml'] = ['dev', 'prod']
    .map((stage) => application(stage, `overlays/${stage}`, section))
    .join('');
  const stream = await rendered(files);
  const edited = `resources: [../../base]
namePrefix: a-
images: [{ name: web, newName: registry.example/web, newTag: v7 }]
replicas: [{ name: web, count: 3 }]
commonLabels: { team: "1" }
commonAnnotations: { quoted: "on", says: "yes", mode: "0644" }
patches:
  - target: { kind: Deployment }
    patch: |
      - { op: add, path: /metadata/annotations/patched, value: "on" }
`;
  repository?.write({ 'overlays/dev/kustomization.yaml': edited });
  expect(documents(stream)).toEqual(documents(byHand('overlays/dev', 'kubectl', ['kustomize', '.'])));
  expect(stream).toContain('says: "yes"');
});

test('source.directory with recursion, include and exclude', async () => {
  const files: Record<string, string> = {};
  for (const stage of ['dev', 'prod']) {
    files[`plain/${stage}/one.yaml`] = MANIFEST;
    files[`plain/${stage}/deep/two.yml`] = MANIFEST.replace('one', 'two');
    files[`plain/${stage}/deep/left-out.yaml`] = MANIFEST.replace('one', 'three');
    files[`plain/${stage}/notes.md`] = '# Notes\n';
    files[`plain/${stage}/values.yaml`] = 'image: { tag: v1 }\n';
  }
  const section = `    directory:
      recurse: true
      include: '{one.yaml,deep/*}'
      exclude: '**/left-out.yaml'
`;
  files['apps.yaml'] = ['dev', 'prod'].map((stage) => application(stage, `plain/${stage}`, section)).join('');
  const stream = await rendered(files, ['--key', 'image.tag']);
  expect(documents(stream).toSorted()).toEqual(
    [MANIFEST, MANIFEST.replace('one', 'two')].map((text) => text.trim()).toSorted(),
  );
});

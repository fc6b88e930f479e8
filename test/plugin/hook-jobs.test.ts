/** Hook Jobs and anchor in the rendered stream: their waves, what overrides them, and what never changes them. */
import { join } from 'node:path';
import { GIT_SECRET_ENV } from '../../core/promotion/secret-env.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { renderApplication, streamParts, type Rendered } from '../../cmp/index.ts';
import {
  chartFiles,
  makeRepository,
  pluginEnv,
  shopFiles,
  type PluginRun,
  type TestRepository,
} from '../../cmp/testing/repository.ts';
import { parsePlan } from '../../core/plan.ts';
import { decodeAll } from './support/oracle.ts';

let repository: TestRepository | undefined;
afterEach(() => repository?.remove());

interface Job {
  kind: string;
  metadata: {
    generateName?: string;
    name?: string;
    namespace?: string;
    annotations?: Record<string, string>;
    labels?: Record<string, string>;
  };
  spec: {
    backoffLimit: number;
    activeDeadlineSeconds: number;
    ttlSecondsAfterFinished: number;
    template: {
      metadata: { annotations: Record<string, string>; labels: Record<string, string> };
      spec: Record<string, unknown> & {
        containers: (Record<string, unknown> & { env: Record<string, unknown>[] })[];
      };
    };
  };
}

async function render(
  files: Record<string, string>,
  run: Partial<PluginRun> = {},
): Promise<{ rendered: Rendered; text: string; jobs: Job[] }> {
  repository?.remove();
  repository = makeRepository(files);
  return renderIn(repository, run);
}

async function renderIn(
  made: TestRepository,
  run: Partial<PluginRun>,
): Promise<{ rendered: Rendered; text: string; jobs: Job[] }> {
  const whole: PluginRun = { path: 'charts/dev', ...run };
  const rendered = await renderApplication({
    cwd: join(made.root, whole.path),
    env: pluginEnv(made, whole),
    ownsTree: true,
    warn: () => undefined,
  });
  const text = Buffer.from(
    [...streamParts(rendered.stream, rendered.edits, rendered.appended)].join(''),
    'latin1',
  ).toString();
  const jobs = parseAllDocuments(rendered.appended)
    .map((document) => document.toJS() as Job)
    .filter(({ kind }) => kind === 'Job');
  return { rendered, text, jobs };
}

function hooksOf(jobs: readonly Job[]): [name: string, hook: string, wave: string][] {
  return jobs.map(({ metadata }) => [
    metadata.generateName ?? '',
    metadata.annotations?.['argocd.argoproj.io/hook'] ?? '',
    metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? '',
  ]);
}

function withPipeline(change: (text: string) => string): Record<string, string> {
  return { ...shopFiles(), 'stageline.yaml': change(shopFiles()['stageline.yaml'] ?? '') };
}

const hook = (annotations: Record<string, string>): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: p${Object.values(annotations).join('').replace(/\W/g, '')}\n  annotations: ${JSON.stringify(annotations)}\n`;

describe('hook Jobs', () => {
  it('run around the render', async () => {
    const { jobs } = await render(shopFiles());
    expect(hooksOf(jobs)).toEqual([
      ['sl-shop-dev-pre-', 'PreSync', '-1'],
      ['sl-shop-dev-promote-', 'PostSync', '2'],
      ['sl-shop-dev-fail-', 'SyncFail', '0'],
    ]);
    for (const { metadata } of jobs) {
      expect(metadata.namespace).toBeUndefined();
      expect(metadata.annotations?.['argocd.argoproj.io/hook-delete-policy']).toBe('BeforeHookCreation');
    }
  });

  it('run below the lowest PreSync wave and above the highest PostSync wave of the chart, Helm’s hooks included', async () => {
    const { jobs } = await render({
      ...shopFiles(),
      'charts/dev/templates/a.yaml': hook({
        'argocd.argoproj.io/hook': 'PreSync',
        'argocd.argoproj.io/sync-wave': '-7',
      }),
      'charts/dev/templates/b.yaml': hook({
        'helm.sh/hook': 'pre-install,pre-upgrade',
        'helm.sh/hook-weight': '-12',
      }),
      'charts/dev/templates/c.yaml': hook({ 'helm.sh/hook': 'post-upgrade', 'helm.sh/hook-weight': '4' }),
      'charts/dev/templates/d.yaml': hook({
        'argocd.argoproj.io/hook': 'Sync,PostSync',
        'argocd.argoproj.io/sync-wave': '9',
      }),
      'charts/dev/templates/e.yaml': hook({
        'argocd.argoproj.io/hook': 'Sync',
        'helm.sh/hook': 'pre-install',
        'argocd.argoproj.io/sync-wave': '-99',
      }),
    });
    expect(hooksOf(jobs).map(([, phase, wave]) => `${phase} ${wave}`)).toEqual([
      'PreSync -13',
      'PostSync 11',
      'SyncFail 0',
    ]);
  });

  it('stand around hooks whose annotations are partly invalid as Argo CD takes them', async () => {
    const { jobs } = await render({
      ...shopFiles(),
      'charts/dev/templates/a.yaml': hook({
        'helm.sh/hook': 'pre-install',
        'argocd.argoproj.io/sync-wave': 'x',
        'helm.sh/hook-weight': '-7',
      }),
      'charts/dev/templates/b.yaml': hook({
        'argocd.argoproj.io/hook': 'Foo',
        'helm.sh/hook': 'post-install',
        'helm.sh/hook-weight': '+9',
      }),
      'charts/dev/templates/c.yaml': hook({
        'argocd.argoproj.io/hook': 'Skip',
        'helm.sh/hook': 'pre-install',
        'helm.sh/hook-weight': '-99',
      }),
      'charts/dev/templates/d.yaml': hook({ 'helm.sh/hook': 'pre-install', 'helm.sh/hook-weight': '-1e2' }),
    });
    expect(hooksOf(jobs).map(([, phase, wave]) => `${phase} ${wave}`)).toEqual([
      'PreSync -8',
      'PostSync 11',
      'SyncFail 0',
    ]);
  });

  it('ask for no more than the limits that the pipeline file sets', async () => {
    const { jobs } = await render(
      withPipeline((text) => `${text}hooks:\n  resources: { limits: { memory: 64Mi, cpu: 20m } }\n`),
    );
    expect(jobs[0]?.spec.template.spec.containers[0]?.['resources']).toEqual({
      requests: { cpu: '20m', memory: '64Mi' },
      limits: { memory: '64Mi', cpu: '20m' },
    });
  });

  it('run the sidecar’s image if the pipeline file names an empty one', async () => {
    const { jobs } = await render(withPipeline((text) => `${text}hooks: { image: "" }\n`));
    expect(jobs[0]?.spec.template.spec.containers[0]?.['image']).toBe('registry.example/stageline:test');
  });

  it.each([
    ['resources: { limits: { memory: lots } }', /limits\.memory .* "lots"/],
    ['resources: { requests: { cpu: "2" }, limits: { cpu: "1" } }', /more than its limit 1/],
    ['serviceAccountName: A B', /serviceAccountName .* "A B"/],
    ['activeDeadline: 0s', /activeDeadline .* "0s"/],
  ])('are refused with %s, which Kubernetes would', async (setting, message) => {
    const files = withPipeline((text) => `${text}hooks: { ${setting} }\n`);
    await expect(render(files)).rejects.toMatchObject({
      code: 'HOOK_SETTINGS',
      message: expect.stringMatching(message),
    });
  });

  it('alone carry the project, so that a move to another one changes nothing that is compared', async () => {
    // One repository: another one has another commit if a second has passed.
    const made = makeRepository(shopFiles());
    repository = made;
    const inProject = async (project: string) => {
      const { rendered, text, jobs } = await renderIn(made, { env: { ARGOCD_APP_PROJECT_NAME: project } });
      const plans = jobs.map((job) => {
        const plan = job.spec.template.spec.containers[0]?.env.find(({ name }) => name === 'STAGELINE_PLAN');
        return parsePlan(String(plan?.['value'])).project;
      });
      const compared = parseAllDocuments(rendered.appended)
        .map((document) => document.toJS() as Job)
        .filter(({ kind }) => kind !== 'Job');
      return { plans, compared, other: text.replace(rendered.appended, '') };
    };
    const shop = await inProject('shop');
    const moved = await inProject('moved');
    expect(shop.plans).toEqual(['shop', 'shop', 'shop']);
    expect(JSON.stringify(shop.compared)).not.toContain('project');
    expect(moved.plans).toEqual(['moved', 'moved', 'moved']);
    expect(moved.compared).toEqual(shop.compared);
    expect(moved.other).toBe(shop.other);
  });

  it('are safe by default, and take from the pipeline file what it says, the stage’s before the pipeline’s', async () => {
    const plain = (await render(shopFiles())).jobs[0];
    expect(plain?.spec).toMatchObject({
      backoffLimit: 0,
      activeDeadlineSeconds: 3600,
      ttlSecondsAfterFinished: 259_200,
    });
    expect(plain?.spec.template.metadata.annotations).toMatchObject({
      'sidecar.istio.io/inject': 'false',
      'linkerd.io/inject': 'disabled',
    });
    expect(plain?.spec.template.spec).toMatchObject({
      restartPolicy: 'Never',
      serviceAccountName: 'stageline',
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          image: 'registry.example/stageline:test',
          command: ['node', '/app/hooks.cjs', 'run'],
          resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '512Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    });
    const hooks =
      'hooks:\n  image: own/hooks:1\n  serviceAccountName: runner\n  activeDeadline: 10m\n  imagePullSecrets: [{ name: pull }]\n  nodeSelector: { disk: fast }\n  tolerations: [{ key: a, operator: Exists }]\n  resources: { requests: { cpu: "1" }, limits: { memory: 1Gi } }\n';
    const changed = await render(
      withPipeline((text) =>
        text
          .replace('stages:\n', `${hooks}stages:\n`)
          .replace('    path: charts/dev\n', '    path: charts/dev\n    hooks: { image: "stage/hooks:2" }\n'),
      ),
    );
    expect(changed.jobs[0]?.spec).toMatchObject({ activeDeadlineSeconds: 600 });
    expect(changed.jobs[0]?.spec.template.spec).toMatchObject({
      serviceAccountName: 'runner',
      imagePullSecrets: [{ name: 'pull' }],
      nodeSelector: { disk: 'fast' },
      tolerations: [{ key: 'a', operator: 'Exists' }],
      containers: [
        { image: 'stage/hooks:2', resources: { requests: { cpu: '1' }, limits: { memory: '1Gi' } } },
      ],
    });
  });

  it('get the admin’s variables, and Git’s credentials by reference in the promotion alone', async () => {
    const env = { STAGELINE_HOOK_ENV_OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
    const { jobs } = await render(shopFiles(), { env });
    for (const job of jobs) {
      expect(job.spec.template.spec.containers[0]?.env).toContainEqual({
        name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
        value: 'http://collector:4318',
      });
    }
    const withToken = jobs.filter((job) =>
      JSON.stringify(job.spec.template.spec).includes('STAGELINE_GIT_TOKEN'),
    );
    expect(hooksOf(withToken).map(([name]) => name)).toEqual(['sl-shop-dev-promote-']);
    expect(withToken[0]?.spec.template.spec.containers[0]?.env).toEqual(
      expect.arrayContaining(
        GIT_SECRET_ENV.map(([name, key]) => ({
          name,
          valueFrom: { secretKeyRef: { name: 'stageline-git', key, optional: true } },
        })),
      ),
    );
  });

  it('get none for what is left to "promote --due"', async () => {
    const { jobs } = await render(
      withPipeline((text) => text.replace('{ push: {} }', '{ push: {}, by: due }')),
    );
    expect(hooksOf(jobs).map(([name]) => name)).toContain('sl-shop-dev-promote-');
    expect(JSON.stringify(jobs)).not.toContain('STAGELINE_GIT_TOKEN');
  });

  it('cannot hold the credentials of two Secrets', async () => {
    const qa =
      '  - name: qa\n    application: shop-qa\n    path: charts/prod\n    after: dev\n    promotion: { push: {}, secret: other }\n';
    await expect(render(withPipeline((text) => text + qa))).rejects.toMatchObject({
      code: 'PROMOTION_SECRETS',
      message: expect.stringMatching(/"stageline-git" and "other"/),
    });
  });

  it('read the same to Kubernetes whatever a check holds', async () => {
    const strange = 'é\u2028\u0085\u007f\u{1f600} "quoted" \\ \t {{ .x }}';
    const files = withPipeline((text) =>
      text.replace(
        'url: "http://shop.shop-dev.svc/ready"',
        `url: "http://shop.shop-dev.svc/ready", body: ${JSON.stringify(strange)
          .replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .replace('\\ud83d\\ude00', '\u{1f600}')}`,
      ),
    );
    const { rendered, text } = await render(files);
    const [objects] = decodeAll([Buffer.from(text.replaceAll('generateName', 'name'))]);
    const job: unknown = JSON.parse(objects?.find(({ name }) => name === 'sl-shop-dev-pre-')?.rest ?? '');
    const plan = JSON.stringify(rendered.plan);
    expect(job).toMatchObject({
      spec: {
        template: {
          spec: { containers: [{ env: expect.arrayContaining([{ name: 'STAGELINE_PLAN', value: plan }]) }] },
        },
      },
    });
    expect(plan).toContain('{{ .x }}');
  });
});

describe('the anchor', () => {
  it('is there with commit, freight and the hash of the checks; a change of checks alone changes it', async () => {
    const before = (await render(shopFiles())).rendered.plan?.anchor;
    expect(before).toMatchObject({
      name: 'stageline-shop-dev',
      data: { pipeline: 'shop', stage: 'dev', 'commit-mode': 'git', versions: 'image.tag=v1' },
    });
    const after = (await render(withPipeline((text) => text.replace('/ready', '/steady')))).rendered.plan
      ?.anchor;
    expect(after?.data['definition']).not.toBe(before?.data['definition']);
  });

  it('is left out for further sources of an application, which are only injected', async () => {
    const { rendered, text } = await render(shopFiles(), {
      parameters: [{ name: 'role', string: 'inject-only' }],
    });
    expect(rendered).toMatchObject({ plan: undefined, appended: '' });
    expect(text).toContain('stageline.dev/commit-id');
  });

  it('is left out with pipeline: none, which injects and checks nothing', async () => {
    const { rendered, text } = await render(chartFiles('charts/dev'), {
      parameters: [{ name: 'pipeline', string: 'none' }],
    });
    expect(rendered).toMatchObject({ plan: undefined, appended: '' });
    expect(text).toContain('stageline.dev/commit-id');
  });
});

describe('a new release of the plugin', () => {
  const compared = (result: { text: string; rendered: Rendered }): string =>
    result.text
      .split(/^---\n/m)
      .filter((document) => !document.includes('argocd.argoproj.io/hook'))
      .join('---\n')
      .replaceAll(result.rendered.commit.id, 'COMMIT');

  it('changes no compared byte: what differs from release to release is in hooks only', async () => {
    const before = await render(shopFiles());
    const after = await render(shopFiles(), {
      env: {
        STAGELINE_HOOK_IMAGE: 'registry.example/stageline:next',
        STAGELINE_HOOK_ENV_NEW: 'setting',
        ARGOCD_APP_REVISION: 'f'.repeat(40),
      },
    });
    expect(after.text).not.toBe(before.text);
    expect(compared(after)).toBe(compared(before));
  });

  it('writes what the releases before it wrote: a difference here syncs every application once', async () => {
    expect(compared(await render(shopFiles()))).toBe(`---
# Source: shop/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    stageline.dev/commit-id: "COMMIT"
  name: shop
spec:
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers:
        - name: shop
          image: "example/shop:v1"
---
apiVersion: "v1"
kind: "ConfigMap"
metadata:
  name: "stageline-shop-dev"
  labels:
    stageline.dev/part: "anchor"
    stageline.dev/pipeline: "shop"
    stageline.dev/stage: "dev"
data:
  pipeline: "shop"
  stage: "dev"
  commit: "COMMIT"
  commit-mode: "git"
  freight: "617b82efac36"
  versions: "image.tag=v1"
  definition: "f3686fedb729"
`);
  });
});

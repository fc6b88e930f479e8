/** Keptn's charts through the plugin, with real Helm and real Git. */
import { afterEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import {
  makeRepository,
  runPlugin,
  type PluginRun,
  type TestRepository,
} from '../../cmp/testing/repository.ts';
import { parsePlan, PLAN_ENV, type Plan } from '../../core/plan.ts';
import { EXAMPLE, filesOf } from './support/files.ts';
import { HAZARDS } from './support/hazards.ts';

const CLUSTER = 'v1,apps/v1,batch/v1';
const KEPTN_CLUSTER = `${CLUSTER},lifecycle.keptn.sh/v1,metrics.keptn.sh/v1`;

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name?: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  data?: Record<string, string>;
  spec?: Record<string, unknown>;
}

interface HookJob extends Manifest {
  spec: {
    template: { spec: { containers: [{ env: { name: string; value?: string; valueFrom?: unknown }[] }] } };
  };
}

let repository: TestRepository | undefined;
afterEach(() => repository?.remove());

interface Result {
  code: number | null;
  stderr: string;
  stdout: string;
  objects: Manifest[];
  plan(): Plan;
}

async function render(run: PluginRun): Promise<Result> {
  if (!repository) throw new Error('there is no repository');
  const { code, stdout, stderr } = await runPlugin(repository, {
    env: { KUBE_API_VERSIONS: CLUSTER },
    ...run,
  });
  const objects = parseAllDocuments(stdout, { uniqueKeys: false }).flatMap((document) => {
    const value: Manifest | null = document.toJS();
    return value === null ? [] : [value];
  });
  const plan = (): Plan =>
    parsePlan(hookJobs(objects)[0]?.spec.template.spec.containers[0].env.find(isPlan)?.value);
  return { code, stdout, stderr, objects, plan };
}

function hookJobs(objects: readonly Manifest[]): HookJob[] {
  return objects.filter((object): object is HookJob => object.kind === 'Job');
}

function isPlan({ name }: { name: string }): boolean {
  return name === PLAN_ENV;
}

const DEV = { path: 'chart-dev', application: 'tickets-dev', namespace: 'tickets-dev' };
const PROD = { path: 'chart-prod', application: 'tickets-prod', namespace: 'tickets-prod' };

describe('the example', () => {
  test('is delivered without a pipeline file, and without Keptn’s objects in the output', async () => {
    repository = makeRepository(filesOf(EXAMPLE));
    const { code, stderr, objects, plan } = await render(DEV);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(
      objects.map(
        ({ kind, metadata }) => `${kind} ${metadata.name ?? metadata.labels?.['stageline.dev/phase']}`,
      ),
    ).toEqual([
      'Service tickets-web',
      'Service tickets-store',
      'Deployment tickets-web',
      'Deployment tickets-store',
      'ConfigMap stageline-tickets-dev',
      'ConfigMap sl-functions-tickets-dev',
      'Job pre',
      'Job post',
      'Job promote',
      'Job fail',
    ]);
    expect(plan()).toMatchObject({
      pipeline: 'tickets',
      stage: 'dev',
      metadata: { commitID: repository.git('rev-parse', 'HEAD').trim(), stage: 'dev' },
    });
    expect(
      plan().phases.map(({ name, steps }) => [name, steps.map((step) => step.map((check) => check.name))]),
    ).toEqual([
      ['pre-deployment', [['prometheus-is-there']]],
      ['post-deployment', [['store-is-scraped', 'web-is-scraped'], ['load-web'], ['response-time']]],
      ['promotion', [['promote']]],
    ]);
    expect(plan().keptn?.resources).toMatchObject({
      KeptnAppContext: ['tickets-dev/tickets'],
      KeptnMetric: ['tickets-dev/response-time'],
      KeptnMetricsProvider: ['tickets-dev/prometheus'],
    });
  });

  test('carries the code of its function in a hook below all others, and not in the plan', async () => {
    repository = makeRepository(filesOf(EXAMPLE));
    const { objects, plan } = await render(DEV);
    const functions = objects.find(({ metadata }) => metadata.name === 'sl-functions-tickets-dev');
    expect(functions?.data?.['tickets-dev.promote']).toContain('traceParent: context.metadata.traceparent');
    expect(functions?.metadata.annotations).toMatchObject({
      'argocd.argoproj.io/hook': 'PreSync',
      'argocd.argoproj.io/sync-wave': '-2',
    });
    expect(JSON.stringify(plan())).not.toContain('context.metadata.traceparent');
  });

  test('links prod to the promotion whose trace parent its values bring', async () => {
    const traceParent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const files = filesOf(EXAMPLE);
    const values = (files['chart-prod/values.yaml'] ?? '').replace(
      /^traceParent: .*/m,
      `traceParent: '${traceParent}'`,
    );
    repository = makeRepository({ ...files, 'chart-prod/values.yaml': values });
    expect((await render(PROD)).plan().links).toEqual([{ traceparent: traceParent }]);
  });

  test('has a commit of each stage’s own: what changes dev alone leaves prod as it is', async () => {
    repository = makeRepository(filesOf(EXAMPLE));
    const before = (await render(PROD)).stdout;
    repository.write({
      'chart-dev/values.yaml': (filesOf(EXAMPLE)['chart-dev/values.yaml'] ?? '').replace('v1', 'v2'),
    });
    repository.commit('v2 to dev');
    const after = (await render(PROD)).stdout;
    const withoutHead = (text: string): string => text.replace(/\\"head\\":\\"[0-9a-f]+\\"/g, '');
    expect(withoutHead(after)).toBe(withoutHead(before));
  });

  test('takes the commit as the parameter that Applications gave to Helm', async () => {
    repository = makeRepository(filesOf(EXAMPLE));
    const parameters = [{ name: 'parameters', map: { commitID: '$ARGOCD_APP_REVISION' } }];
    const { plan } = await render({ ...DEV, parameters });
    expect(plan().metadata['commitID']).toBe(repository.git('rev-parse', 'HEAD').trim());
  });

  test('passes Keptn’s objects on to a cluster that serves them where coexistence is asked for', async () => {
    repository = makeRepository(filesOf(EXAMPLE));
    const env = { KUBE_API_VERSIONS: KEPTN_CLUSTER };
    const kinds = async (value: string): Promise<string[]> => {
      const { objects } = await render({ ...DEV, env, parameters: [{ name: 'keptn', string: value }] });
      return [...new Set(objects.map(({ kind }) => kind).filter((kind) => kind.startsWith('Keptn')))];
    };
    expect(await kinds('coexist')).toEqual([
      'KeptnAppContext',
      'KeptnEvaluationDefinition',
      'KeptnMetric',
      'KeptnMetricsProvider',
      'KeptnTaskDefinition',
    ]);
    expect(await kinds('replace')).toEqual(['KeptnMetric', 'KeptnMetricsProvider']);
  });

  test('gives the commit to the context that is passed on', async () => {
    repository = makeRepository(filesOf(EXAMPLE));
    const parameters = [{ name: 'keptn', string: 'coexist' }];
    const { objects } = await render({ ...DEV, env: { KUBE_API_VERSIONS: KEPTN_CLUSTER }, parameters });
    const context = objects.find(({ kind }) => kind === 'KeptnAppContext');
    expect(context?.spec?.['metadata']).toEqual({
      commitID: repository.git('rev-parse', 'HEAD').trim(),
      stage: 'dev',
    });
  });

  test('is left as it is with "pipeline: none"', async () => {
    repository = makeRepository(filesOf(EXAMPLE));
    const { objects } = await render({ ...DEV, parameters: [{ name: 'pipeline', string: 'none' }] });
    expect(objects.map(({ kind }) => kind)).toContain('KeptnAppContext');
    expect(hookJobs(objects)).toEqual([]);
  });

  test('takes the images of the runtimes from the sidecar', async () => {
    repository = makeRepository(filesOf(EXAMPLE));
    const env = { KUBE_API_VERSIONS: CLUSTER, STAGELINE_KEPTN_DENO_IMAGE: 'registry.example.com/deno:9' };
    const { plan } = await render({ ...DEV, env });
    expect(plan().phases.at(-1)?.steps[0]?.[0]?.spec).toMatchObject({ image: 'registry.example.com/deno:9' });
  });

  test('runs its checks after those of a pipeline file that names it as a stage', async () => {
    const pipeline = `apiVersion: stageline.dev/v1
pipeline: boxoffice
moves: [{ helmValues: { keys: [serviceVersion] } }]
stages:
  - name: dev
    application: tickets-dev
    path: chart-dev
    postDeployment: [{ name: probe, http: { url: http://tickets-web.tickets-dev.svc/ } }]
  - { name: prod, application: tickets-prod, path: chart-prod, after: dev, promotion: { push: {} } }
`;
    repository = makeRepository({ ...filesOf(EXAMPLE), 'stageline.yaml': pipeline });
    const plan = (await render(DEV)).plan();
    expect(plan).toMatchObject({ pipeline: 'boxoffice', stage: 'dev', promotions: [{ target: 'prod' }] });
    expect(plan.phases[1]?.steps.map((step) => step.map(({ name }) => name))).toEqual([
      ['probe'],
      ['store-is-scraped', 'web-is-scraped'],
      ['load-web'],
      ['response-time'],
    ]);
    const other = pipeline.replaceAll('tickets-', 'other-').replaceAll('chart-', 'other-');
    repository.write({ 'stageline.yaml': other });
    repository.commit('a pipeline of others');
    expect((await render(DEV)).plan()).toMatchObject({ pipeline: 'tickets', stage: 'dev' });
  });
});

describe('a chart with every hazard', () => {
  const BEACON = { path: 'chart', application: 'beacon', namespace: 'beacon' };

  test('renders, reports, and keeps what the chart wrote', async () => {
    repository = makeRepository({ ...HAZARDS });
    const { code, stderr, stdout, plan } = await render(BEACON);
    expect(code).toBe(0);
    expect(stdout).toContain('runAsUser: 0777');
    expect(stdout.match(/^ +env:$/gm)?.length).toBeGreaterThanOrEqual(2);
    expect(plan()).toMatchObject({
      namespace: 'beacon',
      stage: 'prod',
      links: [],
      metadata: { commitID: repository.git('rev-parse', 'HEAD').trim() },
    });
    expect(plan().phases.map(({ name }) => name)).toEqual(['post-deployment', 'promotion']);
    expect(
      stderr
        .split('\n')
        .filter(Boolean)
        .map((line) => line.replace(/^stageline: warning: KEPTN_NOTE: /, '')),
    ).toEqual([
      expect.stringMatching(
        /^KeptnAppContext beacon-prod\/beacon \(hazards\/templates\/keptn.yaml\): spec.spanLinks\[0\] is empty/,
      ),
      expect.stringMatching(/^tasks run in the destination namespace beacon, not in beacon-prod/),
      expect.stringMatching(
        /^KeptnEvaluationDefinition beacon\/response-time .* is used from namespace beacon-prod/,
      ),
      expect.stringMatching(/^KeptnMetric beacon-prod\/response-time .* is used from namespace beacon/),
      expect.stringMatching(/^AnalysisDefinition beacon-prod\/quality .* it is not run/),
      expect.stringMatching(
        /^KeptnTaskDefinition beacon-prod\/promote .* a refusal such as 401 counts as a success/,
      ),
      expect.stringMatching(/^chart\/templates\/app.yaml uses randAlphaNum: every render is another/),
    ]);
  });

  test('is the same delivery with each render, though its version is not', async () => {
    repository = makeRepository({ ...HAZARDS });
    const [one, two] = [await render(BEACON), await render(BEACON)];
    const anchor = ({ objects }: Result): unknown =>
      objects.find(({ metadata }) => metadata.name === 'stageline-beacon');
    expect(one.plan().keptn?.apps[0]?.version).not.toBe(two.plan().keptn?.apps[0]?.version);
    expect(anchor(one)).toEqual(anchor(two));
  });

  test('has its random label reported where that is asked for', async () => {
    repository = makeRepository({ ...HAZARDS });
    const { stderr } = await render({ ...BEACON, parameters: [{ name: 'determinism', string: 'warn' }] });
    expect(stderr).toContain('app.kubernetes.io/version');
  });

  test('keeps the placeholders of an analysis for whoever fills them in', async () => {
    repository = makeRepository({ ...HAZARDS });
    const env = { KUBE_API_VERSIONS: KEPTN_CLUSTER };
    const { stdout } = await render({ ...BEACON, env, parameters: [{ name: 'keptn', string: 'coexist' }] });
    expect(stdout).toContain('job="{{.workload}}"');
  });
});

describe('bad input', () => {
  test.each([
    {
      what: 'a target that is none',
      change: ['"<0.5"', '"=0.5"'],
      line: /^stageline: KEPTN_TARGET: KeptnEvaluationDefinition beacon\/response-time \(hazards\/templates\/keptn.yaml\): spec.objectives\[0\].evaluationTarget "=0.5" is no target\. Write an operator/,
    },
    {
      what: 'a provider that does not exist',
      change: ['name: my-provider\n  query: "sum', 'name: gone\n  query: "sum'],
      line: /^stageline: KEPTN_MISSING: KeptnMetric beacon-prod\/response-time \(.*\): spec.provider.name names "gone"/,
    },
    {
      what: 'an unknown runtime',
      change: ['  deno:', '  ruby:'],
      line: /^stageline: KEPTN_RUNTIME: KeptnTaskDefinition beacon-prod\/promote \(.*\): spec has no runtime that is known \(ruby is not\)\. Give it/,
    },
  ])('is one line that names object, field and cure: $what', async ({ change, line }) => {
    const [from = '', to = ''] = change;
    const template = HAZARDS['chart/templates/keptn.yaml'] ?? '';
    expect(template).toContain(from);
    repository = makeRepository({ ...HAZARDS, 'chart/templates/keptn.yaml': template.replace(from, to) });
    const { code, stdout, stderr } = await render({
      path: 'chart',
      application: 'beacon',
      namespace: 'beacon',
    });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a chart without anything of Keptn still needs a pipeline file', async () => {
    const chart = { 'c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 0.1.0\n' };
    const template =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {note: "keptn.sh is mentioned"}}\n';
    repository = makeRepository({ ...chart, 'c/templates/a.yaml': template });
    const { code, stderr } = await render({ path: 'c', application: 'c', namespace: 'c' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^stageline: PIPELINE_MISSING: /);
  });
});

/** Every example through the bundled plugin, with real Git, Helm and Kustomize, as its own Applications ask for it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import {
  makeRepository,
  pluginEnv,
  type PluginRun,
  type TestRepository,
} from '../../cmp/testing/repository.ts';
import { parsePlan, PLAN_ENV, type Plan } from '../../core/plan.ts';
import { run } from '../../runtime/process.ts';
import { filesOf } from '../keptn/support/files.ts';
import { exampleApplications, exampleFolder, ROOT, type ExampleApplication } from './applications.ts';

const PLUGIN = join(ROOT, 'dist/cmp.cjs');
const EXAMPLES = [
  'approval',
  'github-workflow',
  'kustomize',
  'plain',
  'applicationset',
  'fan-out',
  'monorepo',
];

interface Manifest {
  kind: string;
  metadata: { name?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  data?: Record<string, string>;
  spec?: {
    replicas?: number;
    template?: {
      spec: { containers: { image: string; env?: { name: string; value?: string }[] }[] };
    };
  };
}

let repository: TestRepository | undefined;
afterEach(() => repository?.remove());

beforeAll(() => {
  if (!existsSync(PLUGIN)) throw new Error('dist/cmp.cjs is missing: run "npm run build"');
});

function repositoryOf(example: string): TestRepository {
  repository = makeRepository(filesOf(exampleFolder(example)));
  return repository;
}

function runOf(application: ExampleApplication): PluginRun {
  const { source, destination } = application.spec;
  return {
    path: source.path,
    application: application.metadata.name,
    namespace: destination.namespace,
    ...(source.plugin.parameters === undefined ? {} : { parameters: source.plugin.parameters }),
  };
}

async function render(of: TestRepository, application: ExampleApplication): Promise<Manifest[]> {
  const asked = runOf(application);
  const { exitCode, stdout, stderr } = await run(process.execPath, [PLUGIN, 'generate'], {
    cwd: join(of.root, asked.path),
    env: pluginEnv(of, asked),
  });
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return parseAllDocuments(stdout.toString('utf8')).flatMap((document) => {
    const object: Manifest | null = document.toJS();
    return object === null ? [] : [object];
  });
}

function planOf(objects: readonly Manifest[]): Plan {
  const job = objects.find(({ kind }) => kind === 'Job');
  const env = job?.spec?.template?.spec.containers[0]?.env ?? [];
  return parsePlan(env.find(({ name }) => name === PLAN_ENV)?.value);
}

type Renders = Map<string, Manifest[]>;

async function renderAll(of: TestRepository, applications: readonly ExampleApplication[]): Promise<Renders> {
  // Argo CD hands the plugin a fresh copy each time: nothing that Helm has built stays.
  of.git('clean', '-xdfq');
  return new Map(
    await Promise.all(
      applications.map(
        async (application) => [application.metadata.name, await render(of, application)] as const,
      ),
    ),
  );
}

/** The applications of which Argo CD would see a difference; hooks are not compared. */
function changedOf(before: Renders, after: Renders): string[] {
  const compared = (objects: readonly Manifest[] = []): string =>
    JSON.stringify(
      objects.filter(({ metadata }) => metadata.annotations?.['argocd.argoproj.io/hook'] === undefined),
    );
  return [...after.keys()].filter((name) => compared(before.get(name)) !== compared(after.get(name)));
}

function deployment(objects: readonly Manifest[]): Manifest['spec'] {
  return objects.find(({ kind }) => kind === 'Deployment')?.spec;
}

describe.each(EXAMPLES)('%s', (example) => {
  test('has an Application for every stage, each with its version in anchor and Deployment', async () => {
    const of = repositoryOf(example);
    const applications = exampleApplications(exampleFolder(example));
    const targets: string[] = [];
    for (const application of applications) {
      const { name } = application.metadata;
      const objects = await render(of, application);
      const plan = planOf(objects);
      expect(plan).toMatchObject({ application: name, namespace: name });
      expect(name.endsWith(`-${plan.stage}`)).toBe(true);
      expect(plan.phases.map((phase) => phase.name)).toContain('post-deployment');
      const anchor = objects.find(({ metadata }) => metadata.name === `stageline-${name}`);
      expect(anchor?.data?.['versions']).toMatch(example === 'plain' ? /^deployment.yaml=/ : /=6\.7\.0$/);
      expect(deployment(objects)?.template?.spec.containers[0]?.image).toBe(
        'ghcr.io/stefanprodan/podinfo:6.7.0',
      );
      targets.push(...plan.promotions.map(({ targetApplication }) => targetApplication));
    }
    const names = applications.map(({ metadata }) => metadata.name);
    const first = names.filter((name) => !targets.includes(name));
    expect(names).toEqual(expect.arrayContaining(targets));
    expect(first).toHaveLength(example === 'monorepo' ? 3 : 1);
  });
});

test('an ApplicationSet’s stages have their own values, and leave the others’ alone', async () => {
  const of = repositoryOf('applicationset');
  const applications = exampleApplications(exampleFolder('applicationset'));
  const before = await renderAll(of, applications);
  expect([...before.values()].map((objects) => deployment(objects)?.replicas)).toEqual([1, 1, 2]);
  of.write({ 'chart/values-test.yaml': 'image:\n  tag: 6.7.1\n' });
  of.commit('6.7.1 to test');
  expect(changedOf(before, await renderAll(of, applications))).toEqual(['podinfo-test']);
});

const SLOW = { timeout: 180_000 };

test(
  'a commit to a monorepo changes the render of those applications that read what it touches',
  SLOW,
  async () => {
    const of = repositoryOf('monorepo');
    const applications = exampleApplications(exampleFolder('monorepo'));
    const all = ['cart-dev', 'cart-prod', 'search-dev', 'search-prod', 'web-dev', 'web-prod'];
    let before = await renderAll(of, applications);
    expect([...before.keys()]).toEqual(all);
    const changedBy = async (file: string, edit: (text: string) => string): Promise<string[]> => {
      const path = join(of.root, file);
      of.write({ [file]: edit(existsSync(path) ? readFileSync(path, 'utf8') : '') });
      of.commit(`Change ${file}`);
      const after = await renderAll(of, applications);
      const changed = changedOf(before, after);
      before = after;
      return changed;
    };
    const values = 'apps/search/dev/values.yaml';
    expect(await changedBy(values, (text) => text.replace('6.7.0', '6.7.1'))).toEqual(['search-dev']);
    // A check of one stage of one application: its anchor says so, and Argo CD syncs that one only.
    const checks = 'apps/web/stageline.yaml';
    expect(await changedBy(checks, (text) => text.replace('retries: 3', 'retries: 5'))).toEqual(['web-dev']);
    expect(await changedBy('notes.md', () => '# Notes\n')).toEqual([]);
    const shared = 'charts/service/templates/service.yaml';
    expect(await changedBy(shared, (text) => text.replace('port: 80', 'port: 8080'))).toEqual(all);
    expect(JSON.stringify(before.get('cart-prod'))).toContain('"port":8080');
  },
);

/** The plugin as Argo CD calls it: one stream on stdout, or one line on stderr. */
import { afterEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { makeFreight } from '../../core/freight.ts';
import { parsePlan, PLAN_ENV, type Plan } from '../../core/plan.ts';
import { makeRepository, runPlugin, shopFiles, type TestRepository } from '../../cmp/testing/repository.ts';

let repository: TestRepository | undefined;
afterEach(() => repository?.remove());

interface Manifest {
  kind: string;
  metadata: {
    name?: string;
    generateName?: string;
    annotations?: Record<string, string>;
    labels?: Record<string, string>;
  };
  data?: Record<string, string>;
  spec?: {
    template?: { spec?: { containers?: { image: string; env: { name: string; value?: string }[] }[] } };
  };
}

function manifests(stdout: string): Manifest[] {
  return parseAllDocuments(stdout).flatMap((document) => {
    const value: unknown = document.toJS();
    return value === null ? [] : [value as Manifest];
  });
}

function planOf(objects: readonly Manifest[]): Plan {
  const job = objects.find((object) => object.kind === 'Job');
  return parsePlan(
    job?.spec?.template?.spec?.containers?.[0]?.env.find(({ name }) => name === PLAN_ENV)?.value,
  );
}

describe('generate', () => {
  it('warns of inputs that are not there', async () => {
    const files = shopFiles();
    const pipeline = files['stageline.yaml']?.replace(
      'path: charts/dev\n',
      'path: charts/dev\n    inputs: [comon]\n',
    );
    repository = makeRepository({ ...files, 'stageline.yaml': pipeline ?? '', 'common/a.yaml': 'a: b\n' });
    const parameters = [{ name: 'inputs', array: ['../nope', '/common'] }];
    const { code, stderr } = await runPlugin(repository, { path: 'charts/dev', parameters });
    expect(code).toBe(0);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^stageline: warning: INPUT_MISSING: input "comon" of charts\/dev .*pipeline file/,
      ),
      expect.stringMatching(
        /^stageline: warning: INPUT_MISSING: input "\.\.\/nope" of charts\/dev .*"inputs"/,
      ),
    ]);
  });

  it('renders the chart, injects the commit that touched the application, adds anchor and hook Jobs', async () => {
    repository = makeRepository(shopFiles());
    repository.write({ 'charts/dev/values.yaml': 'image:\n  tag: v2\n' });
    const commit = repository.commit('v2 to dev');
    repository.write({ 'charts/prod/README.md': 'elsewhere\n' });
    const head = repository.commit('elsewhere');
    const result = await runPlugin(repository, { path: 'charts/dev' });
    expect(result.stderr).toBe('');
    expect(result.code).toBe(0);
    const objects = manifests(result.stdout);
    expect(objects.map(({ kind }) => kind)).toEqual(['Deployment', 'ConfigMap', 'Job', 'Job', 'Job']);
    expect(objects[0]?.metadata.annotations).toEqual({ 'stageline.dev/commit-id': commit });
    expect(objects[1]).toMatchObject({
      metadata: { name: 'stageline-shop-dev', labels: { 'stageline.dev/stage': 'dev' } },
      data: { commit, versions: 'image.tag=v2' },
    });
    const plan = planOf(objects);
    expect(plan).toMatchObject({
      stage: 'dev',
      head,
      commit: { id: commit, mode: 'git', author: 'Ada <ada@example.com>', subject: 'v2 to dev' },
      promotions: [{ target: 'prod', targetPath: 'charts/prod' }],
    });
    expect(result.stdout.split(head).length - 1).toBe(objects.filter(({ kind }) => kind === 'Job').length);
  });

  it('gives the same bytes for the same inputs, whatever else was committed, but for what only hooks know', async () => {
    repository = makeRepository(shopFiles());
    const first = await runPlugin(repository, { path: 'charts/dev' });
    repository.write({ 'charts/prod/values.yaml': 'image:\n  tag: v9\n' });
    repository.commit('prod only');
    const second = await runPlugin(repository, { path: 'charts/dev' });
    const compared = (text: string): string => text.slice(0, text.indexOf('kind: "Job"'));
    expect(first.code).toBe(0);
    expect(compared(first.stdout)).toContain('stageline-shop-dev');
    expect(compared(second.stdout)).toBe(compared(first.stdout));
  });

  it('says one line on stderr and nothing on stdout when the chart fails', async () => {
    repository = makeRepository({
      ...shopFiles(),
      'charts/dev/templates/broken.yaml': '{{ fail "the port is missing" }}\n',
    });
    const result = await runPlugin(repository, { path: 'charts/dev' });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
    expect(result.stderr).toMatch(/^stageline: HELM_FAILED: .*the port is missing/);
    expect(result.stderr.split('the port is missing')).toHaveLength(2);
  });

  it('takes the trace parent and the ancestry from the promotion file', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const freight = makeFreight([{ kind: 'helm-value', file: 'values.yaml', key: 'image.tag', value: 'v1' }]);
    const entry = {
      stage: 'dev',
      application: 'shop-dev',
      commit: 'c'.repeat(40),
      freight: freight.id,
      traceparent,
      verdict: 'succeeded',
      openedAt: '2026-01-01T00:00:00Z',
      promotedAt: '2026-01-01T00:01:00Z',
    };
    const file = {
      apiVersion: 'stageline.dev/v1',
      pipeline: 'shop',
      stage: 'prod',
      freight,
      traceparent,
      ancestry: [entry],
    };
    repository = makeRepository({
      ...shopFiles(),
      'charts/prod/.stageline/prod.json': JSON.stringify(file),
    });
    const good = await runPlugin(repository, { path: 'charts/prod', application: 'shop-prod' });
    expect(manifests(good.stdout)[0]?.metadata.annotations).toMatchObject({
      'stageline.dev/traceparent': traceparent,
    });
    expect(planOf(manifests(good.stdout))).toMatchObject({
      ancestry: [entry],
      links: [{ traceparent, stage: 'dev' }],
    });
    repository.write({
      'charts/prod/.stageline/prod.json': JSON.stringify({ ...file, traceparent: 'nonsense' }),
    });
    repository.commit('malformed');
    const bad = await runPlugin(repository, { path: 'charts/prod', application: 'shop-prod' });
    expect(bad.code).toBe(0);
    expect(bad.stderr).toMatch(
      /^stageline: warning: PROMOTION_FILE_INVALID: .*charts\/prod\/\.stageline\/prod\.json/,
    );
    expect(bad.stdout).not.toContain('stageline.dev/traceparent');
    expect(planOf(manifests(bad.stdout))).toMatchObject({ ancestry: [], links: [] });
  });
});

/** Linting a whole repository: everything that a render would stumble over, and what Argo CD would not notice. */
import { afterEach, describe, expect, it } from 'vitest';
import { lintRepository, type LintProblem } from '../../cmp/index.ts';
import { makeRepository, shopFiles, TOOL_PATH, type TestRepository } from '../../cmp/testing/repository.ts';
import { uncoveredInputs } from '../../cmp/lint/generate-paths.ts';

let repository: TestRepository | undefined;
afterEach(() => repository?.remove());

function lint(files: Record<string, string>): Promise<LintProblem[]> {
  repository = makeRepository(files);
  return lintRepository({ root: repository.root, env: { PATH: TOOL_PATH } });
}

const application = (annotation: string, parameters = '[]'): string => `# The shop in dev
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: shop-dev
  annotations:
    argocd.argoproj.io/manifest-generate-paths: ${annotation}
spec:
  destination: { namespace: shop-dev }
  source:
    path: charts/dev
    plugin:
      name: stageline-v1
      parameters: ${parameters}
`;

describe('linting a repository', () => {
  it('finds nothing where all is well', async () => {
    expect(await lint({ ...shopFiles(), 'argocd/dev.yaml': application('.;/stageline.yaml') })).toEqual([]);
  });

  const applicationSet = (generators: string, values: string): string => `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: { name: shops }
spec:
  goTemplate: true
  generators: ${generators}
  template:
    metadata: { name: 'shop-{{ .stage }}' }
    spec:
      destination: { namespace: 'shop-{{ .stage }}' }
      source:
        path: 'charts/{{ .stage }}'
        plugin: { name: stageline, parameters: [{ name: valueFiles, array: ['${values}'] }] }
`;

  it('renders each Application of a list of an ApplicationSet with its own parameters', async () => {
    const list = '[{ list: { elements: [{ stage: dev }, { stage: prod }] } }]';
    const problems = await lint({
      ...shopFiles(),
      'charts/dev/of-dev.yaml': '',
      'argocd/set.yaml': applicationSet(list, 'of-{{ .stage }}.yaml'),
    });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: 'VALUES_MISSING', file: 'argocd/set.yaml' });
    expect(problems[0]?.message).toContain('of-prod.yaml');
  });

  it('takes the parameters of other ApplicationSets where all Applications share them, and else says what was not rendered', async () => {
    const clusters = '[{ clusters: {} }]';
    const shared = await lint({
      ...shopFiles(),
      'argocd/set.yaml': applicationSet(clusters, 'missing.yaml'),
    });
    expect(shared.map(({ code }) => code)).toEqual(['VALUES_MISSING', 'VALUES_MISSING']);
    repository?.remove();
    const unknown = await lint({
      ...shopFiles(),
      'argocd/set.yaml': applicationSet(clusters, 'of-{{ .stage }}.yaml'),
    });
    expect(unknown).toMatchObject([
      { severity: 'warning', code: 'APPLICATIONSET_UNREAD', message: expect.stringContaining('"dev"') },
      { severity: 'warning', code: 'APPLICATIONSET_UNREAD', message: expect.stringContaining('"prod"') },
    ]);
  });

  it('names what manifest-generate-paths misses', async () => {
    const parameters = '[{ name: valueFiles, array: [/shared/values.yaml] }]';
    const problems = await lint({
      ...shopFiles(),
      'shared/values.yaml': 'image: { tag: v2 }\n',
      'argocd/dev.yaml': application('.', parameters),
    });
    expect(problems).toEqual([
      {
        severity: 'error',
        code: 'GENERATE_PATHS',
        file: 'argocd/dev.yaml',
        line: 3,
        message:
          'manifest-generate-paths of application "shop-dev" misses shared/values.yaml, stageline.yaml',
        hint: 'Add /shared/values.yaml;/stageline.yaml to the annotation, or changes there are not rendered',
      },
    ]);
  });

  it('names file and line of a wrong pipeline file, and goes on', async () => {
    const problems = await lint({
      ...shopFiles(),
      'stageline.yaml': `${shopFiles()['stageline.yaml']}wrong: 1\n`,
      'argocd/dev.yaml': application('.'),
    });
    expect(problems.map(({ code, file, line }) => [code, file, line])).toEqual([
      ['PIPELINE_INVALID', 'stageline.yaml', 17],
    ]);
  });

  it('renders every stage: a chart that fails, random values, a path that is not there', async () => {
    const pipeline = `${shopFiles()['stageline.yaml']}  - name: qa\n    application: shop-qa\n    path: charts/qa\n`;
    const problems = await lint({
      ...shopFiles(),
      'stageline.yaml': pipeline,
      'charts/dev/templates/random.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: r\ndata:\n  a: {{ randAlpha 9 }}\n',
      'charts/prod/templates/bad.yaml': '{{ fail "no such port" }}\n',
    });
    expect(problems.map(({ severity, code }) => [severity, code])).toEqual([
      ['warning', 'RENDER_RANDOM'],
      ['error', 'HELM_FAILED'],
      ['error', 'PATH_MISSING'],
    ]);
    expect(problems[1]?.message).toContain('no such port');
  });

  it('says that there is no pipeline file at all', async () => {
    expect((await lint({ 'readme.md': 'x' })).map(({ code }) => code)).toEqual(['PIPELINE_MISSING']);
  });

  it('renders charts for Keptn, which need no pipeline file, where their Applications are elsewhere', async () => {
    const { 'stageline.yaml': _none, ...charts } = shopFiles();
    const context = (task: string): string =>
      `apiVersion: lifecycle.keptn.sh/v1\nkind: KeptnAppContext\nmetadata: {name: shop}\nspec: {preDeploymentTasks: ${task}}\n`;
    const problems = await lint({
      ...charts,
      'charts/dev/templates/keptn.yaml': context('[]'),
      'charts/prod/templates/keptn.yaml': context('[nowhere]'),
    });
    expect(problems.map(({ severity, code, file }) => [severity, code, file])).toEqual([
      ['warning', 'KEPTN_NOTE', 'charts/dev/Chart.yaml'],
      ['error', 'KEPTN_MISSING', 'charts/prod/Chart.yaml'],
    ]);
  });

  it('changes nothing in the repository', async () => {
    await lint(shopFiles());
    expect(repository?.git('status', '--porcelain')).toBe('');
  });
});

describe('manifest-generate-paths', () => {
  it.each([
    ['.', ['app/x.yaml', 'other/y.yaml'], ['other/y.yaml']],
    ['.;../base', ['app', 'base/a.yaml'], []],
    ['/', ['anything', 'app'], []],
    ['/shared/*.yaml', ['shared/a.yaml', 'shared/sub/b.yaml'], ['shared/sub/b.yaml']],
    ['/app ; /shared/', ['app', 'shared/x', 'sharedness'], ['sharedness']],
  ])('%s covers what Argo CD compares', (annotation, inputs, missed) => {
    expect(uncoveredInputs(annotation, 'app', inputs)).toEqual(missed);
  });
});

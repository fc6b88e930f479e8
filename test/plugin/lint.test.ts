/** Linting a whole repository: everything that a render would stumble over, and what Argo CD would not notice. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
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

  const other = (text: string): string => application('.').replace('name: shop-dev', text);
  /** An Application that a lint must find: its path is not there. */
  const lost = (spec = ''): string =>
    `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: lost }
spec: { ${spec} source: { path: charts/none, plugin: { name: stageline } } }
`;
  const indented = (text: string, by: string): string => text.replace(/^(?=.)/gm, by);

  describe('with an odd file', () => {
    const bomb = ['x: &x0 [y, y]']
      .concat(Array.from({ length: 9 }, (_, i) => `x${i}: &x${i + 1} [${`*x${i}, `.repeat(9)}]`))
      .join('\n');

    it.each([
      ['an unset alias', other('name: *nope'), 6, 'nope'],
      ['too many aliases', `${application('.;/stageline.yaml')}---\n${bomb}\n`, 26, 'alias'],
      ['an object in itself', other('name: me\n  labels: &me { me: *me }'), 7, 'circular'],
      ['broken YAML', other('name: "shop'), 16, 'quote'],
    ])('names file and line of %s, and goes on', async (_what, text, line, reason) => {
      const problems = await lint({ ...shopFiles(), 'argocd/a.yaml': text, 'argocd/z.yaml': lost() });
      expect(problems.map(({ severity, code, file }) => [severity, code, file])).toEqual([
        ['error', 'APPLICATION_UNREADABLE', 'argocd/a.yaml'],
        ['error', 'PATH_MISSING', 'argocd/z.yaml'],
      ]);
      expect(problems[0]).toMatchObject({ line, message: expect.stringContaining(reason) });
    });

    it('leaves the templates of a chart to Helm, and warns of other templates', async () => {
      const broken = other('name: {{ .Values.name }}\n  {{ if .Values.x }}');
      const problems = await lint({
        ...shopFiles(),
        'apps/Chart.yaml': 'apiVersion: v2\nname: apps\nversion: 1.0.0\n',
        'apps/templates/dev.yaml': broken,
        'skeleton/dev.yaml': broken,
      });
      expect(problems).toMatchObject([
        { severity: 'warning', code: 'APPLICATION_UNREADABLE', file: 'skeleton/dev.yaml' },
      ]);
    });

    it.each([
      ['charts/dev/values.yaml', 'error'],
      ['charts/dev/Chart.yaml', 'error'],
      ['stageline.yaml', 'error'],
      ['charts/dev/.stageline/dev.json', 'warning'],
    ])('names %s where it is a folder, and goes on', async (path, severity) => {
      const { [path]: _instead, ...files } = shopFiles();
      const problems = await lint({
        ...files,
        [`${path}/x`]: '',
        'argocd/dev.yaml': application('.;/stageline.yaml'),
        'argocd/z.yaml': lost(),
      });
      const message = expect.stringContaining(path);
      expect(problems).toContainEqual(expect.objectContaining({ severity, message }));
      expect(problems).toContainEqual(expect.objectContaining({ code: 'PATH_MISSING' }));
      expect(problems).not.toContainEqual(expect.objectContaining({ code: 'INTERNAL' }));
    });

    it('says that the path of an Application is a file', async () => {
      const problems = await lint({
        ...shopFiles(),
        'argocd/a.yaml': lost().replace('charts/none', 'stageline.yaml'),
        'argocd/z.yaml': lost(),
      });
      expect(problems).toMatchObject([
        { code: 'PATH_MISSING', file: 'argocd/a.yaml', message: expect.stringContaining('is no folder') },
        { code: 'PATH_MISSING', file: 'argocd/z.yaml', message: expect.stringContaining('does not exist') },
      ]);
    });
  });

  it.each([
    ['before a comment', lost().replace('kind: Application', 'kind: Application # dev'), 1],
    ['in a list', `apiVersion: v1\nkind: List\nitems:\n  -${indented(lost(), '    ').slice(3)}`, 4],
    [
      'in flow style',
      '# One line\n{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: a}, spec: {source: {path: charts/none, plugin: {name: stageline}}}}\n',
      2,
    ],
  ])('finds an Application %s', async (_where, text, line) => {
    const problems = await lint({ ...shopFiles(), 'argocd/a.yaml': text });
    expect(problems).toMatchObject([{ code: 'PATH_MISSING', file: 'argocd/a.yaml', line }]);
  });

  it('puts the template of a list generator over the one of the ApplicationSet', async () => {
    const list = `[{ list: { elements: [{ stage: dev }], template: { metadata: {}, spec: { source: { path: 'charts/no-{{ .stage }}' } } } } }]`;
    const problems = await lint({
      ...shopFiles(),
      'argocd/set.yaml': applicationSet(list, 'missing.yaml'),
    });
    expect(problems).toMatchObject([
      {
        code: 'PATH_MISSING',
        message: 'argocd/set.yaml: application "shop-dev" has the path charts/no-dev, which does not exist',
      },
    ]);
  });

  describe('with Applications of other repositories', () => {
    async function lintClone(remote: string | undefined, repoURL: string, path: string) {
      repository = makeRepository({
        ...shopFiles(),
        'argocd/a.yaml': lost().replace('path: charts/none', `repoURL: ${repoURL}, path: ${path}`),
      });
      if (remote !== undefined) repository.git('remote', 'add', 'origin', remote);
      const problems = await lintRepository({ root: repository.root, env: { PATH: TOOL_PATH } });
      return problems.map(({ severity, code, file }) => [severity, code, file]);
    }
    const missing = [['error', 'PATH_MISSING', 'argocd/a.yaml']];
    const leftOut = [['note', 'OTHER_REPOSITORY', 'argocd/a.yaml']];

    it.each([
      ['https://git.example/shop.git', 'https://git.example/another.git', leftOut],
      ['https://user:token@git.example/acme/shop', 'git@git.example:acme/another.git', leftOut],
      ['git@git.example:Acme/shop.git', 'https://git.example/acme/shop/', missing],
      ['ssh://git@git.example:2222/acme/shop.git', 'https://git.example/acme/shop', missing],
      ['https://git.example/me/shop.git', 'https://git.example/acme/shop.git', leftOut],
      ['/srv/git/shop.git', 'https://git.example/another.git', missing],
      [undefined, 'https://git.example/another.git', missing],
    ])('in a clone of %s with a source in %s', async (remote, repoURL, expected) => {
      expect(await lintClone(remote, repoURL, 'charts/none')).toEqual(expected);
    });

    it('checks what a fork or mirror has too', async () => {
      const [origin, source] = ['https://git.example/me/shop.git', 'https://git.example/acme/shop.git'];
      expect(await lintClone(origin, source, 'charts')).toEqual([
        ['error', 'STAGE_NOT_FOUND', 'argocd/a.yaml'],
      ]);
    });
  });

  it('asks for what a link in the application leads to', async () => {
    repository = makeRepository({
      ...shopFiles(),
      'shared/more.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n',
      'argocd/a.yaml': application('.;/stageline.yaml'),
    });
    symlinkSync('../../../shared/more.yaml', join(repository.root, 'charts/dev/templates/more.yaml'));
    repository.commit('link');
    const problems = await lintRepository({ root: repository.root, env: { PATH: TOOL_PATH } });
    expect(problems).toMatchObject([
      { code: 'GENERATE_PATHS', message: expect.stringContaining('misses shared/more.yaml') },
    ]);
  });

  it.each(['../outside/charts/dev', '..', 'charts/out'])('refuses the path %s', async (path) => {
    repository = makeRepository({ ...shopFiles(), 'argocd/a.yaml': lost().replace('charts/none', path) });
    symlinkSync('/tmp', join(repository.root, 'charts/out'));
    const problems = await lintRepository({ root: repository.root, env: { PATH: TOOL_PATH } });
    expect(problems).toMatchObject([{ severity: 'error', code: 'PATH_OUTSIDE', file: 'argocd/a.yaml' }]);
  });

  it.each([
    ['/charts/*;/common/*;/stageline.yaml', true],
    ['/charts/d*;/common;/stageline.yaml', true],
    ['/*;/**', true],
    ['./*;./templates/*;/stageline.yaml', false],
    ['""', false],
  ])('reads manifest-generate-paths %s as Argo CD does', async (annotation, isMissed) => {
    const problems = await lint({ ...shopFiles(), 'argocd/dev.yaml': application(annotation) });
    expect(problems.map(({ code }) => code)).toEqual(isMissed ? ['GENERATE_PATHS'] : []);
  });

  it('changes nothing in the repository', async () => {
    await lint(shopFiles());
    expect(repository?.git('status', '--porcelain')).toBe('');
  });
});

describe('manifest-generate-paths', () => {
  const files = ['app/Chart.yaml', 'app/.helmignore', 'app/templates/x.yaml', 'one/a.yaml', 'b-1/c]'];
  it.each([
    ['.', ['app/x.yaml', 'other/y.yaml'], ['other/y.yaml']],
    ['.;../base', ['app', 'base/a.yaml'], []],
    ['/', ['anything', 'app', '.'], []],
    ['/shared/*.yaml', ['shared/a.yaml', 'shared/sub/b.yaml'], ['shared/sub/b.yaml']],
    ['/app ; /shared/', ['app', 'shared/x', 'sharedness'], ['sharedness']],
    ['', ['app'], []],
    [' ; ', ['app'], []],
    ['/*', ['app', 'one', 'stageline.yaml'], ['app', 'one']],
    ['/**', ['app'], ['app']],
    ['/**/*', ['app', 'one'], ['app']],
    ['/app/*;/app/templates', ['app'], []],
    ['/app/*;/app/templates/*', ['app'], []],
    // A new file there would be missed.
    ['/one/a.yaml', ['one', 'one/a.yaml'], ['one']],
    ['/one/[a-c].yaml', ['one', 'one/d.yaml'], ['one/d.yaml']],
    ['/one/[^a].yaml', ['one/a.yaml', 'one/b.yaml'], ['one/a.yaml']],
    ['/one/[!b].yaml', ['one/a.yaml'], ['one/a.yaml']],
    [String.raw`/b[\-]?/?[\]]`, ['b-1'], []],
    ['/one/{a,b}.*', ['one/a.yaml'], ['one/a.yaml']],
    ['/one/[a', ['one/a'], ['one/a']],
  ])('%s covers what Argo CD compares', (annotation, inputs, missed) => {
    expect(uncoveredInputs(annotation, { path: 'app', inputs }, files)).toEqual(missed);
  });
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { errorLine, StagelineError } from '../errors.ts';
import { parsePipeline, upstreamsOf } from './parse.ts';

/** Eight lines; `checks` begin on the tenth, after their phase. */
const DEV = `apiVersion: stageline.dev/v1
pipeline: shop
moves:
  - helmValues: { keys: [image.tag] }
stages:
  - name: dev
    application: shop-dev
    path: charts/dev
`;

function withChecks(checks: string): string {
  return `${DEV}    preDeployment:\n${checks.replace(/^/gm, '      ')}\n`;
}

function withStages(...stages: string[]): string {
  return DEV + stages.map((stage) => `  - { application: a, path: p, ${stage} }\n`).join('');
}

function withPromotion(promotion: string): string {
  return withStages(`name: prod, after: dev, promotion: { ${promotion} }`);
}

function errorOf(text: string): StagelineError {
  try {
    parsePipeline(text, 'stageline.yaml');
  } catch (error) {
    if (error instanceof StagelineError) return error;
    throw error;
  }
  throw new Error('it was read without an error');
}

interface Wrong {
  what: string;
  text: string;
  code: 'PIPELINE_YAML' | 'PIPELINE_INVALID' | 'PIPELINE_STAGES';
  says: string;
}

const HTTP = 'http: { url: http://x/ }';
const PUSH = 'promotion: { push: {} }';
const invalid = 'PIPELINE_INVALID';
const stages = 'PIPELINE_STAGES';
const yaml = 'PIPELINE_YAML';

const wrong: Wrong[] = [
  { what: 'an empty file', text: '', code: invalid, says: ':1: the file holds no pipeline' },
  { what: 'a list', text: '- a', code: invalid, says: ':1: the file holds no pipeline' },
  { what: 'bad indentation', text: `${DEV}\tx: 1\n`, code: yaml, says: ':9: Tabs are not allowed' },
  { what: 'an open bracket', text: 'pipeline: [a\n', code: yaml, says: ':2: ' },
  {
    what: 'a key twice',
    text: `${DEV}pipeline: x\n`,
    code: yaml,
    says: ':9: the field pipeline is there twice',
  },
  { what: 'two documents', text: `${DEV}---\na: 1\n`, code: yaml, says: ':9: a second document begins here' },
  { what: 'an unknown alias', text: `${DEV}hooks: *x\n`, code: yaml, says: ':9: Unresolved alias' },
  {
    what: 'aliases of aliases without end',
    text: [
      'a: &a [x]',
      ...['ab', 'bc', 'cd'].map(([from, to]) => `${to}: &${to} [${`*${from},`.repeat(10)}]`),
    ].join('\n'),
    code: yaml,
    says: 'Excessive alias count',
  },
  {
    what: 'another apiVersion',
    text: DEV.replace('dev/v1', 'dev/v9'),
    code: invalid,
    says: ':1: apiVersion must be "stageline.dev/v1"',
  },
  {
    what: 'no moves',
    text: DEV.replace(/moves:\n.*\n/, ''),
    code: invalid,
    says: ':1: moves is missing',
  },
  {
    what: 'a stage without its path',
    text: DEV.replace('    path: charts/dev\n', ''),
    code: invalid,
    says: ':6: stages[0].path is missing',
  },
  {
    what: 'a path out of the repository',
    text: DEV.replace('charts/dev', '../dev'),
    code: invalid,
    says: ':8: stages[0].path must be a relative path',
  },
  {
    what: 'an unknown field at the top',
    text: `${DEV}stage: x\n`,
    code: invalid,
    says: ':9: stage is not a field here',
  },
  {
    what: 'a field named as a member of every object',
    text: `${DEV}__proto__: {}\n`,
    code: invalid,
    says: ':9: __proto__ is not a field here',
  },
  {
    what: 'an unknown field deep inside',
    text: withChecks('- name: a\n  http: { url: http://x/, expects: 200 }'),
    code: invalid,
    says: ':11: stages[0].preDeployment[0].http.expects is not a field here; did you mean "expect"?',
  },
  {
    what: 'a check of two kinds',
    text: withChecks(`- name: a\n  ${HTTP}\n  task: { image: x }`),
    code: invalid,
    says: ':10: stages[0].preDeployment[0] must have exactly one of task, http, metric, load',
  },
  {
    what: 'a check of no kind',
    text: withChecks('- name: a'),
    code: invalid,
    says: ':10: stages[0].preDeployment[0] must have exactly one of',
  },
  {
    what: 'a check without a name',
    text: withChecks(`- ${HTTP}`),
    code: invalid,
    says: ':10: stages[0].preDeployment[0].name is missing',
  },
  {
    what: 'a step with nothing in it',
    text: withChecks('- []'),
    code: invalid,
    says: ':10: stages[0].preDeployment[0] must not be empty',
  },
  {
    what: 'a wrong address in a parallel step',
    text: withChecks('- - name: a\n    http: { url: ftp://x/ }'),
    code: invalid,
    says: ':11: stages[0].preDeployment[0][0].http.url must be an http or https address',
  },
  {
    what: 'a wrong target',
    text: withChecks('- name: a\n  metric: { prometheus: http://p, query: up, target: below 1 }'),
    code: invalid,
    says: ':11: stages[0].preDeployment[0].metric.target must be a target such as "<0.25"',
  },
  {
    what: 'a wrong figure of a load test',
    text: withChecks('- name: a\n  metric: { load: l, figure: p96, target: "<1" }'),
    code: invalid,
    says: ':11: stages[0].preDeployment[0].metric.figure must be one of "mean", "p50"',
  },
  {
    what: 'a wrong timeout',
    text: withChecks(`- name: a\n  ${HTTP}\n  timeout: 5 minutes`),
    code: invalid,
    says: ':12: stages[0].preDeployment[0].timeout must be a duration',
  },
  {
    what: 'two checks of one name, in different steps',
    text: withChecks(`- name: a\n  ${HTTP}\n- - name: a\n    ${HTTP}`),
    code: stages,
    says: ':12: stages[0].preDeployment[1][0].name: stage "dev" has two checks "a"',
  },
  {
    what: 'figures of a load test that runs beside it',
    text: withChecks(
      '- - name: l\n    load: { url: http://x/ }\n  - name: a\n    metric: { load: l, figure: p95, target: "<1" }',
    ),
    code: stages,
    says: ':13: stages[0].preDeployment[0][1].metric.load: check "a" evaluates the load test "l", which does not run in an earlier step',
  },
  {
    what: 'figures from before the deployment, after it',
    text: `${withChecks('- name: l\n  load: { url: http://x/ }')}    postDeployment:
      - name: a
        analysis: { objectives: [{ name: o, load: l, figure: p95, pass: [<1] }] }\n`,
    code: stages,
    says: ':14: stages[0].postDeployment[0].analysis.objectives[0].load: check "a" runs after the deployment and evaluates the load test "l" of before it',
  },
  {
    what: 'a misspelt field that is needed',
    text: DEV.replace('application:', 'aplication:').replace('moves:', 'move:'),
    code: invalid,
    says: ':7: stages[0].aplication is not a field here; did you mean "application"? (and 3 more problems)',
  },
  {
    what: 'a misspelt kind of check',
    text: withChecks('- name: a\n  htpp: { url: http://x/ }'),
    code: invalid,
    says: ':11: stages[0].preDeployment[0].htpp is not a field here; did you mean "http"?',
  },
  {
    what: 'a misspelt field of a query',
    text: withChecks('- name: a\n  metric: { prometheus: http://p, qurey: up, target: "<1" }'),
    code: invalid,
    says: ':11: stages[0].preDeployment[0].metric.qurey is not a field here; did you mean "query"?',
  },
  {
    what: 'a misspelt field that may be left out',
    text: `${DEV}    postDeploymnt: []\n`,
    code: invalid,
    says: ':9: stages[0].postDeploymnt is not a field here; did you mean "postDeployment"?',
  },
  {
    what: 'a list of variables, as a pod has them',
    text: withChecks('- name: a\n  task: { image: x, env: [{ name: A, value: b }] }'),
    code: invalid,
    says: ':11: stages[0].preDeployment[0].task.env must be a map of names and values, not a list',
  },
  {
    what: 'a number for a text',
    text: withChecks('- name: a\n  task: { image: x, env: { PORT: 8080 } }'),
    code: invalid,
    says: ':11: stages[0].preDeployment[0].task.env.PORT must be a text, not a number; put it in quotes',
  },
  {
    what: 'too many retries, half a connection, a wrong threshold',
    text: withChecks(
      '- name: a\n  retries: 1000\n  load: { url: http://x/, connections: 0.5, thresholds: { p96: <1 } }',
    ),
    code: invalid,
    says: ':12: stages[0].preDeployment[0].load.thresholds.p96 is not a field here; check its spelling and its place (and 2 more problems)',
  },
  {
    what: 'a value that is too large',
    text: withChecks(`- name: a\n  ${HTTP}\n  retries: 1000`),
    code: invalid,
    says: ':12: stages[0].preDeployment[0].retries must be at most 100',
  },
  {
    what: 'a stage that follows none that there is',
    text: withStages(`name: prod, after: [dev, tst], ${PUSH}`),
    code: stages,
    says: ':9: stages[1].after: stage "prod" follows "tst", which is no stage',
  },
  {
    what: 'a circle',
    text: withStages(
      `name: a, after: c, ${PUSH}`,
      `name: b, after: a, ${PUSH}`,
      `name: c, after: b, ${PUSH}`,
    ),
    code: stages,
    says: ':9: stages[1].after: stages follow each other in a circle: a -> c -> b -> a',
  },
  {
    what: 'a stage that follows itself',
    text: withStages(`name: a, after: a, ${PUSH}`),
    code: stages,
    says: ':9: stages[1].after: stages follow each other in a circle: a -> a',
  },
  ...[
    {
      what: 'a schedule that is no cron expression',
      text: 'windows: [{ kind: allow, schedule: "0 25 * * *", duration: 8h }]',
      says: ':9: stages[1].promotion.windows[0].schedule must be a cron expression of five fields',
    },
    {
      what: 'a time zone that nobody knows',
      text: 'windows: [{ kind: deny, schedule: "0 9 * * 1-5", duration: 8h, timeZone: Mars/Olympus }]',
      says: ':9: stages[1].promotion.windows[0].timeZone must be a time zone such as Europe/Zurich',
    },
    {
      what: 'a window without a duration',
      text: 'windows: [{ kind: allow, schedule: "0 9 * * *" }]',
      says: ':9: stages[1].promotion.windows[0].duration is missing',
    },
    {
      what: 'a negative soak time',
      text: 'soak: -5m',
      says: ':9: stages[1].promotion.soak must be a duration such as 500ms, 30s, 5m or 1h',
    },
    {
      what: 'an approval that expires at no time',
      text: 'approval: { expires: soon }',
      says: ':9: stages[1].promotion.approval.expires must be a duration',
    },
    { what: 'a hold without a reason', text: 'hold: ""', says: ':9: stages[1].promotion.hold ' },
  ].map(({ what, text, says }): Wrong => ({
    what,
    text: withStages(`name: prod, after: dev, promotion: { push: {}, ${text} }`),
    code: invalid,
    says,
  })),
  {
    what: 'a rollback of two ways',
    text: withStages(`name: prod, after: dev, ${PUSH}, rollback: { push: {}, pullRequest: {} }`),
    code: invalid,
    says: ':9: stages[1].rollback must have exactly one way: push or pullRequest',
  },
  {
    what: 'two stages of one name',
    text: withStages('name: dev'),
    code: stages,
    says: ':9: stages[1].name: there are two stages "dev"',
  },
  {
    what: 'a following stage without a way of promotion',
    text: withStages('name: prod, after: dev'),
    code: stages,
    says: ':9: stages[1]: stage "prod" follows a stage but says no way of promotion',
  },
  {
    what: 'a promotion from nowhere',
    text: withStages(`name: prod, ${PUSH}`),
    code: stages,
    says: ':9: stages[1].promotion: stage "prod" has a promotion but follows no stage',
  },
  {
    what: 'a place in a title that nothing fills in',
    text: withPromotion('pullRequest: { title: "To {moon}" }'),
    code: stages,
    says: ':9: stages[1].promotion.pullRequest.title: nothing fills in {moon}',
  },
  {
    what: 'the version of a key that does not move',
    text: withPromotion('workflow: { file: p.yaml, inputs: { v: "{version:image.tag}{version:tag}" } }'),
    code: stages,
    says: ':9: stages[1].promotion.workflow.inputs.v: nothing fills in {version:tag}',
  },
  {
    what: 'a trace parent of its own for the workflow',
    text: withPromotion('workflow: { file: p.yaml, inputs: { traceParent: x } }'),
    code: invalid,
    says: ':9: stages[1].promotion.workflow.inputs must not have traceParent',
  },
  {
    what: 'a draft that merges by itself',
    text: withPromotion('pullRequest: { draft: true, autoMerge: squash }'),
    code: invalid,
    says: ':9: stages[1].promotion.pullRequest.autoMerge cannot be a draft',
  },
  {
    what: 'a token in an address',
    text: withPromotion('push: {}, repository: "https://me:hunter2@git.example/a/b"'),
    code: invalid,
    says: ':9: stages[1].promotion.repository must not hold a user or a token',
  },
  {
    what: 'a branch that is an option',
    text: withPromotion('push: {}, branch: "--mirror"'),
    code: invalid,
    says: ':9: stages[1].promotion.branch must be the name of a branch',
  },
];

describe('a pipeline file with', () => {
  test.each(wrong)('$what says where, what and what to do', ({ text, code, says }) => {
    const error = errorOf(text);
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
    expect(error.message).toMatch(/^stageline\.yaml:\d+: /);
    expect(error.hint).not.toBe('');
    expect(errorLine(error)).not.toContain('\n');
  });

  test('an unknown upstream stage lists the stages that there are', () => {
    expect(errorOf(withStages(`name: prod, after: dve, ${PUSH}`)).hint).toBe('Name one of: dev, prod');
  });
});

describe('reading', () => {
  test('never ends in anything but a pipeline or a user’s error', () => {
    const text = fc.oneof(
      fc.string(),
      fc.jsonValue().map((value) => stringify(value)),
      fc
        .tuple(fc.nat(DEV.length), fc.string({ maxLength: 5 }))
        .map(([at, inserted]) => DEV.slice(0, at) + inserted + DEV.slice(at)),
    );
    fc.assert(
      fc.property(text, (some) => {
        try {
          expect(parsePipeline(some, 'f.yaml').pipeline.stages.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(StagelineError);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('keeps the file as written beside what was understood', () => {
    const text = withStages(`name: prod, after: dev, ${PUSH}`);
    const { pipeline, raw, file } = parsePipeline(text, 'here/stageline.yaml');
    expect(file).toBe('here/stageline.yaml');
    expect(raw.stages[1]).toEqual({
      application: 'a',
      path: 'p',
      name: 'prod',
      after: 'dev',
      promotion: { push: {} },
    });
    expect(pipeline.stages.map(upstreamsOf)).toEqual([[], ['dev']]);
  });

  test('takes Windows line ends, anchors and fan-in', () => {
    const text = withStages(
      `name: a, after: dev, promotion: &p { push: { merge: false } }`,
      'name: b, after: [dev, a], promotion: *p',
    );
    const { pipeline } = parsePipeline(text.replaceAll('\n', '\r\n'), 'f.yaml');
    expect(pipeline.stages[2]).toMatchObject({
      after: ['dev', 'a'],
      promotion: { push: { merge: false } },
    });
  });

  test('two stages, a check and a promotion fit in 25 lines', () => {
    const text = `apiVersion: stageline.dev/v1
pipeline: shop
moves:
  - helmValues:
      keys: [image.tag]
stages:
  - name: dev
    application: shop-dev
    path: charts/dev
    postDeployment:
      - name: answers
        http:
          url: http://shop.shop-dev.svc/
  - name: prod
    application: shop-prod
    path: charts/prod
    after: dev
    promotion:
      push:
        merge: false
`;
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
    expect(parsePipeline(text, 'f.yaml').pipeline.stages).toHaveLength(2);
  });
});

/** What charts in the wild have in them, and what is wrong beyond help. */
import { describe, expect, test } from 'vitest';
import { StagelineError } from '../../errors.ts';
import { compileKeptn } from './compile.ts';
import { compile, COMMIT, deployment, lifecycle, metrics, objectsOf, RENDER } from './testing.ts';

const TRACEPARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

describe('a context', () => {
  test.each([
    { what: 'empty', metadata: '{ commitID: }', expected: COMMIT, notes: 0 },
    { what: 'an empty text', metadata: '{ commitID: "" }', expected: COMMIT, notes: 0 },
    { what: 'not there', metadata: '{}', expected: COMMIT, notes: 0 },
    { what: 'digits that became a number', metadata: '{ commitID: 1234567 }', expected: COMMIT, notes: 1 },
    { what: 'digits around an e', metadata: '{ commitID: 12e4567 }', expected: COMMIT, notes: 1 },
    { what: 'there', metadata: '{ commitID: "1234567" }', expected: '1234567', notes: 0 },
  ])('whose commitID is $what gets the right one', ({ metadata, expected, notes }) => {
    const { plan } = compile(
      lifecycle('KeptnAppContext', 'simple-go', `{ metadata: ${metadata} }`) + deployment('simple-go'),
    );
    expect(plan.metadata['commitID']).toBe(expected);
    expect(plan.keptn?.notes).toHaveLength(notes);
  });

  test('has links of its span links that are any; the others are reported', () => {
    const links = `[null, "", ${TRACEPARENT}, "00-zero", cc${TRACEPARENT.slice(2)}-more]`;
    const { plan } = compile(
      lifecycle('KeptnAppContext', 'simple-go', `{ spanLinks: ${links} }`) + deployment('simple-go'),
    );
    expect(plan.links).toEqual([{ traceparent: TRACEPARENT }]);
    expect(plan.keptn?.notes).toEqual([
      'KeptnAppContext simple-go-dev/simple-go (templates/1.yaml): spec.spanLinks[0] is empty; there is no link',
      'KeptnAppContext simple-go-dev/simple-go (templates/1.yaml): spec.spanLinks[1] is empty; there is no link',
      'KeptnAppContext simple-go-dev/simple-go (templates/1.yaml): spec.spanLinks[3] is no W3C traceparent; there is no link',
    ]);
  });

  test('links to the promotion that the plugin knows of, once', () => {
    const stream =
      lifecycle('KeptnAppContext', 'simple-go', `{ spanLinks: [${TRACEPARENT}] }`) + deployment('simple-go');
    expect(compile(stream, { traceparent: TRACEPARENT }).plan.links).toEqual([{ traceparent: TRACEPARENT }]);
    expect(compile(stream.replace(TRACEPARENT, ''), { traceparent: TRACEPARENT }).plan.links).toEqual([
      { traceparent: TRACEPARENT },
    ]);
  });

  test('with the key metadata twice has the last, as in Kubernetes', () => {
    const twice = `---
apiVersion: lifecycle.keptn.sh/v1
kind: KeptnAppContext
metadata: { name: simple-go, namespace: simple-go-dev }
spec:
  metadata: { team: first }
  metadata: { stage: last }
`;
    expect(compile(twice).plan.keptn?.apps[0]?.metadata).toEqual({ stage: 'last', commitID: COMMIT });
  });

  test('that no workload belongs to runs its checks all the same, and says so', () => {
    const { plan } = compile(
      lifecycle('KeptnAppContext', 'simple-go', '{ preDeploymentTasks: [a] }') +
        lifecycle('KeptnTaskDefinition', 'a', '{ container: { name: c, image: i } }'),
    );
    expect(plan.phases).toHaveLength(1);
    expect(plan.keptn?.notes).toEqual([expect.stringContaining('no workload of the render belongs to it')]);
  });
});

describe('namespaces', () => {
  test('a definition without one is found from another, with a note', () => {
    const stream =
      lifecycle('KeptnAppContext', 'simple-go', '{ postDeploymentEvaluations: [e] }') +
      lifecycle(
        'KeptnEvaluationDefinition',
        'e',
        '{ objectives: [{ keptnMetricRef: { name: m }, evaluationTarget: "<1" }] }',
      ).replace(', namespace: simple-go-dev', '') +
      metrics('KeptnMetric', 'm', '{ provider: { name: p }, query: up }') +
      metrics('KeptnMetricsProvider', 'p', '{ type: prometheus, targetServer: "http://p" }');
    const { plan } = compile(stream, { namespace: 'simple-go' });
    expect(plan.phases).toHaveLength(1);
    expect(plan.keptn?.notes).toEqual([
      expect.stringContaining('no workload'),
      'tasks run in the destination namespace simple-go, not in simple-go-dev: Secrets, ConfigMaps and ServiceAccounts that they name must be there',
      'KeptnEvaluationDefinition simple-go/e (templates/2.yaml) is used from namespace simple-go-dev',
      expect.stringContaining('KeptnMetric simple-go-dev/m'),
    ]);
  });

  test('a definition of Keptn’s own namespace serves everybody', () => {
    const shared = lifecycle('KeptnTaskDefinition', 'a', '{ container: { name: c, image: i } }').replace(
      'simple-go-dev',
      'keptn-system',
    );
    const { plan } = compile(
      lifecycle('KeptnAppContext', 'simple-go', '{ preDeploymentTasks: [a] }') +
        deployment('simple-go') +
        shared,
    );
    expect(plan.phases).toHaveLength(1);
    expect(plan.keptn?.notes).toEqual([]);
  });
});

describe('analyses', () => {
  const template = metrics(
    'AnalysisValueTemplate',
    'response',
    '{ provider: { name: p }, query: \'sum(rate(x{job="{{.workload}}"}[5m]))\' }',
  );
  const provider = metrics('KeptnMetricsProvider', 'p', '{ type: prometheus, targetServer: "http://p" }');
  const definition = (target: string): string =>
    metrics(
      'AnalysisDefinition',
      'quality',
      `{ objectives: [{ analysisValueTemplateRef: { name: response }, target: ${target}, weight: 2, keyObjective: true }], totalScore: { passPercentage: 80, warningPercentage: 50 } }`,
    );
  const analysis = metrics(
    'Analysis',
    'release',
    '{ timeframe: { recent: 5m }, args: { workload: simple-go }, analysisDefinition: { name: quality } }',
  );
  const context = lifecycle('KeptnAppContext', 'simple-go', '{}') + deployment('simple-go');

  test.each([
    { target: '{ failure: { greaterThan: { fixedValue: 500m } } }', criteria: { pass: [['<=0.5']] } },
    { target: '{ failure: { lessThan: { fixedValue: 1 } } }', criteria: { pass: [['>=1']] } },
    {
      target:
        '{ failure: { greaterThanOrEqual: { fixedValue: "10" } }, warning: { greaterThan: { fixedValue: 5 } } }',
      criteria: { pass: [['<10', '<=5']], warning: [['<10']] },
    },
    {
      target: '{ failure: { inRange: { lowBound: 1, highBound: 2 } } }',
      criteria: { pass: [['<1'], ['>2']] },
    },
    {
      target: '{ failure: { notInRange: { lowBound: 1, highBound: 2 } } }',
      criteria: { pass: [['>=1', '<=2']] },
    },
    {
      target: '{ warning: { equalTo: { fixedValue: 0 } } }',
      criteria: { pass: [['<0'], ['>0']], warning: [['>=0'], ['<0']] },
    },
    { target: '{}', criteria: { pass: [['>=0'], ['<0']] } },
  ])('with target $target are scored by $criteria', ({ target, criteria }) => {
    const { plan } = compile(context + template + provider + definition(target) + analysis);
    expect(plan.phases).toEqual([
      {
        name: 'post-deployment',
        steps: [
          [
            {
              name: 'release',
              timeoutMs: 300_000,
              retries: 0,
              backoffMs: 0,
              spec: {
                kind: 'analysis',
                objectives: [
                  {
                    name: 'response',
                    query: 'sum(rate(x{job="simple-go"}[5m]))',
                    prometheus: 'http://p',
                    ...criteria,
                    weight: 2,
                    key: true,
                  },
                ],
                totalScore: { pass: 80, warning: 50 },
              },
            },
          ],
        ],
      },
    ]);
  });

  test('that only stand there, or look at a fixed time, are not run, and that is said', () => {
    expect(compile(context + template + provider + definition('{}')).plan.keptn?.notes).toEqual([
      expect.stringContaining('no Analysis of the render uses it'),
    ]);
    const fixed = analysis.replace('recent: 5m', 'from: "2024-01-01T00:00:00Z", to: "2024-01-01T01:00:00Z"');
    const { plan } = compile(context + template + provider + definition('{}') + fixed);
    expect(plan.phases).toEqual([]);
    expect(plan.keptn?.notes).toEqual([expect.stringContaining('is not run: its timeframe is fixed')]);
  });

  test('with an argument that is not given stop the render', () => {
    expect(() =>
      compile(context + template + provider + definition('{}') + analysis.replace('workload:', 'other:')),
    ).toThrow('spec.query has {{.workload}}, and the Analysis gives no argument "workload"');
  });
});

describe('bad input', () => {
  const app =
    lifecycle('KeptnAppContext', 'simple-go', '{ preDeploymentTasks: [t], postDeploymentEvaluations: [e] }') +
    deployment('simple-go');
  const task = (spec = '{ container: { name: c, image: i } }'): string =>
    lifecycle('KeptnTaskDefinition', 't', spec);
  const evaluation = (
    objectives = '[{ keptnMetricRef: { name: m }, evaluationTarget: "<1" }]',
    more = '',
  ): string => lifecycle('KeptnEvaluationDefinition', 'e', `{ objectives: ${objectives}${more} }`);
  const metric = (spec = '{ provider: { name: p }, query: up }'): string => metrics('KeptnMetric', 'm', spec);
  const provider = (spec = '{ type: prometheus, targetServer: "http://p" }'): string =>
    metrics('KeptnMetricsProvider', 'p', spec);
  const good = [task(), evaluation(), metric(), provider()];

  test('is none of the parts that follow', () => {
    expect(() => compile(app + good.join(''))).not.toThrow();
  });

  test('is not a definition of another chart that only an unused one needs', () => {
    const unused = lifecycle(
      'KeptnTaskDefinition',
      'unused',
      '{ deno: { functionRef: { name: elsewhere } } }',
    );
    expect(() => compile(app + good.join('') + unused)).not.toThrow();
  });

  test.each<{ what: string; stream: string; code: string; names: string[] }>([
    {
      what: 'a target that is none',
      stream:
        app +
        task() +
        evaluation('[{ keptnMetricRef: { name: m }, evaluationTarget: "=0.5" }]') +
        metric() +
        provider(),
      code: 'KEPTN_TARGET',
      names: ['KeptnEvaluationDefinition simple-go-dev/e', 'spec.objectives[0].evaluationTarget', '"=0.5"'],
    },
    {
      what: 'a target that was not quoted',
      stream:
        app +
        task() +
        evaluation('[{ keptnMetricRef: { name: m }, evaluationTarget: 5 }]') +
        metric() +
        provider(),
      code: 'KEPTN_TARGET',
      names: ['spec.objectives[0].evaluationTarget', '5 is no target'],
    },
    {
      what: 'a target of a definition that nothing names',
      stream:
        lifecycle('KeptnAppContext', 'simple-go', '{}') +
        evaluation('[{ keptnMetricRef: { name: m }, evaluationTarget: ">" }]'),
      code: 'KEPTN_TARGET',
      names: ['KeptnEvaluationDefinition simple-go-dev/e', 'spec.objectives[0].evaluationTarget'],
    },
    ...(
      [
        ['KeptnAppContext', '{ preDeploymentTasks: t }', 'spec.preDeploymentTasks is a text, not a list'],
        ['KeptnAppContext', '{ spanLinks: "00-1" }', 'spec.spanLinks is a text, not a list'],
        ['KeptnAppContext', '[preDeploymentTasks]', 'spec is a list, not a mapping'],
        [
          'KeptnTaskDefinition',
          '{ deno: { inline: { code: x }, parameters: { map: { port: 80 } } } }',
          'spec.deno.parameters.map.port is 80, not a text',
        ],
        [
          'KeptnTaskDefinition',
          '{ python: { inline: { code: x }, parameters: { map: { port: } } } }',
          'spec.python.parameters.map.port is null, not a text',
        ],
        [
          'KeptnTaskDefinition',
          '{ function: { inline: { code: x }, secureParameters: hush } }',
          'spec.function.secureParameters is a text, not a mapping',
        ],
        ['KeptnEvaluationDefinition', '{ objectives: { a: b } }', 'spec.objectives is a mapping, not a list'],
      ] as const
    ).map(([kind, spec, name]) => ({
      what: `a field of another shape (${name})`,
      stream: lifecycle('KeptnApp', 'simple-go', '{}') + lifecycle(kind, 'x', spec),
      code: 'KEPTN_FIELD',
      names: [`${kind} simple-go-dev/x`, name],
    })),
    {
      what: 'a circle of functions',
      stream:
        app +
        task('{ deno: { functionRef: { name: u } } }') +
        lifecycle('KeptnTaskDefinition', 'u', '{ deno: { functionRef: { name: t } } }') +
        good.slice(1).join(''),
      code: 'KEPTN_FUNCTION_CYCLE',
      names: ['KeptnTaskDefinition', 'spec.deno.functionRef.name', '-> '],
    },
    {
      what: 'a function that refers to itself',
      stream: app + task('{ python: { functionRef: { name: t } } }') + good.slice(1).join(''),
      code: 'KEPTN_FUNCTION_CYCLE',
      names: ['spec.python.functionRef.name goes round in a circle: t -> t'],
    },
    {
      what: 'a function that refers to nothing',
      stream: app + task('{ deno: { functionRef: { name: gone } } }') + good.slice(1).join(''),
      code: 'KEPTN_MISSING',
      names: ['spec.deno.functionRef.name names "gone"'],
    },
    {
      what: 'a function without code',
      stream: app + task('{ deno: { parameters: { map: { a: b } } } }') + good.slice(1).join(''),
      code: 'KEPTN_FUNCTION',
      names: ['spec.deno has no code'],
    },
    {
      what: 'an unknown runtime',
      stream: app + task('{ ruby: { inline: { code: "1" } } }') + good.slice(1).join(''),
      code: 'KEPTN_RUNTIME',
      names: ['KeptnTaskDefinition simple-go-dev/t', 'spec has no runtime that is known (ruby is not)'],
    },
    {
      what: 'two runtimes',
      stream:
        app +
        task('{ deno: { inline: { code: "1" } }, container: { name: c, image: i } }') +
        good.slice(1).join(''),
      code: 'KEPTN_RUNTIME',
      names: ['spec has container and deno'],
    },
    {
      what: 'a container without image',
      stream: app + task('{ container: { name: c } }') + good.slice(1).join(''),
      code: 'KEPTN_FIELD',
      names: ['spec.container.image is missing'],
    },
    {
      what: 'a mount of a second volume',
      stream:
        app +
        task(
          '{ container: { name: c, image: i, volumeMounts: [{ name: a, mountPath: /a }, { name: b, mountPath: /b }] } }',
        ) +
        good.slice(1).join(''),
      code: 'KEPTN_FIELD',
      names: ['spec.container.volumeMounts[1].name "b"'],
    },
    {
      what: 'a timeout that is none',
      stream: app + task('{ container: { name: c, image: i }, timeout: 5 }') + good.slice(1).join(''),
      code: 'KEPTN_FIELD',
      names: ['spec.timeout "5" is no duration'],
    },
    {
      what: 'two contexts of one application',
      stream: app + app.split('---\napiVersion: apps')[0] + good.join(''),
      code: 'KEPTN_DUPLICATE',
      names: [
        'KeptnAppContext simple-go-dev/simple-go (templates/3.yaml)',
        'metadata.name',
        'templates/1.yaml',
      ],
    },
    {
      what: 'a task that is not there',
      stream: app + good.slice(1).join(''),
      code: 'KEPTN_MISSING',
      names: [
        'KeptnAppContext simple-go-dev/simple-go',
        'spec.preDeploymentTasks[0] names "t"',
        'KeptnTaskDefinition',
      ],
    },
    {
      what: 'a workload’s task that is not there',
      stream:
        app +
        deployment('backend', { annotations: { 'keptn.sh/post-deployment-tasks': 'gone' } }) +
        good.join(''),
      code: 'KEPTN_MISSING',
      names: [
        'Deployment simple-go-dev/backend',
        'the annotation keptn.sh/post-deployment-tasks names "gone"',
      ],
    },
    {
      what: 'an evaluation that is not there',
      stream: app + task(),
      code: 'KEPTN_MISSING',
      names: ['spec.postDeploymentEvaluations[0] names "e"', 'KeptnEvaluationDefinition'],
    },
    {
      what: 'a metric that is not there',
      stream: app + task() + evaluation() + provider(),
      code: 'KEPTN_MISSING',
      names: ['spec.objectives[0].keptnMetricRef.name names "m"', 'KeptnMetric'],
    },
    {
      what: 'a provider that is not there',
      stream: app + task() + evaluation() + metric(),
      code: 'KEPTN_MISSING',
      names: ['KeptnMetric simple-go-dev/m', 'spec.provider.name names "p"', 'KeptnMetricsProvider'],
    },
    {
      what: 'a provider of another type',
      stream:
        app + task() + evaluation() + metric() + provider('{ type: dynatrace, targetServer: "http://p" }'),
      code: 'KEPTN_PROVIDER',
      names: [
        'KeptnMetricsProvider simple-go-dev/p',
        'spec.type "dynatrace" is not supported',
        'KeptnMetric simple-go-dev/m',
      ],
    },
    {
      what: 'a provider without address',
      stream: app + task() + evaluation() + metric() + provider('{ type: prometheus }'),
      code: 'KEPTN_PROVIDER',
      names: ['spec.targetServer is missing'],
    },
    {
      what: 'a range whose aggregation is not known',
      stream:
        app +
        task() +
        evaluation() +
        metric('{ provider: { name: p }, query: up, range: { step: 1m, aggregation: p50 } }') +
        provider(),
      code: 'KEPTN_FIELD',
      names: ['spec.range.aggregation "p50"'],
    },
    {
      what: 'an evaluation without objectives',
      stream: app + task() + evaluation('[]') + metric() + provider(),
      code: 'KEPTN_FIELD',
      names: ['spec.objectives is empty'],
    },
  ])('names object, field and cure of $what', ({ stream, code, names }) => {
    const failure = errorOf(() => compileKeptn(objectsOf(stream), RENDER));
    expect(failure.code).toBe(code);
    for (const name of names) expect(failure.message).toContain(name);
    expect(failure.hint).not.toBe('');
  });
});

function errorOf(act: () => unknown): StagelineError {
  try {
    act();
  } catch (error) {
    if (error instanceof StagelineError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

import { describe, expect, test } from 'vitest';
import { stepsOf, type CheckPhase, type Plan } from '../../plan.ts';
import { compileKeptn } from './compile.ts';
import { compile, COMMIT, deployment, lifecycle, metrics, objectsOf, RENDER } from './testing.ts';

const TASK = '{ container: { name: c, image: i } }';
const tasks = (...names: string[]): string =>
  names.map((name) => lifecycle('KeptnTaskDefinition', name, TASK)).join('');
const evaluation = (name: string): string =>
  lifecycle(
    'KeptnEvaluationDefinition',
    name,
    '{ objectives: [{ keptnMetricRef: { name: m }, evaluationTarget: "<1" }] }',
  );
const METRIC =
  metrics('KeptnMetric', 'm', '{ provider: { name: p }, query: up, fetchIntervalSeconds: 5 }') +
  metrics(
    'KeptnMetricsProvider',
    'p',
    '{ type: prometheus, targetServer: "http://prometheus.monitoring.svc:9090/" }',
  );

function namesIn(plan: Plan, phase: CheckPhase): string[][] {
  return stepsOf(plan, phase).map((step) =>
    step.map(({ name, workload }) => (workload ? `${workload}:${name}` : name)),
  );
}

describe('phases', () => {
  const stream =
    lifecycle(
      'KeptnAppContext',
      'simple-go',
      '{ preDeploymentTasks: [a1, a2], preDeploymentEvaluations: [e1], postDeploymentTasks: [a3], postDeploymentEvaluations: [e2], promotionTasks: [p1, p2] }',
    ) +
    deployment('simple-go', {
      annotations: {
        'keptn.sh/pre-deployment-tasks': 'w1',
        'keptn.sh/pre-deployment-evaluations': 'e1',
        'keptn.sh/post-deployment-tasks': 'w2',
        'keptn.sh/post-deployment-evaluations': 'e2',
      },
    }) +
    deployment('backend', {
      annotations: { 'keptn.sh/pre-deployment-tasks': 'w1', 'keptn.sh/post-deployment-tasks': 'w2,w3' },
    }) +
    tasks('a1', 'a2', 'a3', 'p1', 'p2', 'w1', 'w2', 'w3') +
    evaluation('e1') +
    evaluation('e2') +
    METRIC;
  const { plan } = compile(stream);

  test('come in Keptn’s order, and what Keptn runs side by side is one step', () => {
    expect(namesIn(plan, 'pre-deployment')).toEqual([
      ['a1', 'a2'],
      ['e1'],
      ['backend:backend-w1', 'simple-go:simple-go-w1'],
      ['simple-go:simple-go-e1'],
    ]);
    expect(namesIn(plan, 'post-deployment')).toEqual([
      ['backend:backend-w2', 'backend:w3', 'simple-go:simple-go-w2'],
      ['simple-go:simple-go-e2'],
      ['a3'],
      ['e2'],
    ]);
    expect(namesIn(plan, 'promotion')).toEqual([['p1', 'p2']]);
  });

  test('have names that tell the checks of a phase apart', () => {
    for (const { steps } of plan.phases) {
      const names = steps.flat().map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test('read an evaluation as tries at a fixed interval, ten of them five seconds apart if it says nothing', () => {
    expect(stepsOf(plan, 'pre-deployment')[1]).toEqual([
      {
        name: 'e1',
        timeoutMs: 20_000,
        retries: 9,
        backoffMs: 5000,
        backoffFactor: 1,
        backoffMaxMs: 5000,
        spec: {
          kind: 'metric',
          prometheus: 'http://prometheus.monitoring.svc:9090',
          query: 'up',
          target: '<1',
        },
      },
    ]);
  });

  test('that are empty are left out', () => {
    expect(
      compile(lifecycle('KeptnAppContext', 'simple-go', '{}') + deployment('simple-go')).plan.phases,
    ).toEqual([]);
  });

  test('take the lists that stood in KeptnApp up to v1alpha3, once each', () => {
    const { plan: old } = compile(
      lifecycle('KeptnApp', 'simple-go', '{ version: "1", preDeploymentTasks: [a1, a1] }', 'v1alpha3') +
        lifecycle('KeptnAppContext', 'simple-go', '{ preDeploymentTasks: [a1, a2] }') +
        tasks('a1', 'a2'),
    );
    expect(namesIn(old, 'pre-deployment')).toEqual([['a1', 'a2']]);
  });

  test('of several applications go together, and their checks carry the application’s name', () => {
    const other = deployment('other').replaceAll('simple-go,', 'second,');
    const { plan: both } = compile(
      lifecycle('KeptnAppContext', 'simple-go', '{ preDeploymentTasks: [a1], metadata: { team: one } }') +
        lifecycle(
          'KeptnAppContext',
          'second',
          '{ preDeploymentTasks: [a1, a2], metadata: { team: two, more: x } }',
        ) +
        deployment('simple-go') +
        other +
        tasks('a1', 'a2'),
    );
    expect(namesIn(both, 'pre-deployment')).toEqual([['second-a1', 'second-a2', 'simple-go-a1']]);
    expect(
      both.keptn?.apps.map(({ name, workloads }) => [name, workloads.map((workload) => workload.name)]),
    ).toEqual([
      ['second', ['second-other']],
      ['simple-go', ['simple-go-simple-go']],
    ]);
    expect(both.metadata).toEqual({ team: 'two', more: 'x', commitID: COMMIT });
  });
});

describe('evaluations', () => {
  const compileEvaluation = (spec: string, more = METRIC, version = 'v1'): Plan =>
    compile(
      lifecycle('KeptnAppContext', 'simple-go', '{ postDeploymentEvaluations: [e] }') +
        lifecycle('KeptnEvaluationDefinition', 'e', spec, version) +
        more,
    ).plan;

  test('have a check for each objective, also for two of one metric', () => {
    const plan = compileEvaluation(
      '{ retries: 3, retryInterval: 1m, objectives: [{ keptnMetricRef: { name: m }, evaluationTarget: ">1" }, { keptnMetricRef: { name: m }, evaluationTarget: "<9" }] }',
    );
    expect(stepsOf(plan, 'post-deployment')).toMatchObject([
      [
        { name: expect.stringMatching(/-e-m$/), retries: 2, backoffMs: 60_000, spec: { target: '>1' } },
        { name: expect.stringMatching(/-e-m-2$/), spec: { target: '<9' } },
      ],
    ]);
  });

  test.each(['v1alpha1', 'v1alpha2'])(
    'of %s hold the query, and their source names the provider',
    (version) => {
      const plan = compileEvaluation(
        '{ source: prometheus, objectives: [{ name: available, query: sum(up), evaluationTarget: ">0" }] }',
        lifecycle('KeptnEvaluationProvider', 'prometheus', '{ targetServer: "http://p:9090" }', version),
        version,
      );
      expect(stepsOf(plan, 'post-deployment')[0]?.[0]).toMatchObject({
        name: 'e',
        spec: { prometheus: 'http://p:9090', query: 'sum(up)', target: '>0' },
      });
    },
  );

  test.each([
    { range: '{ interval: 10m }', query: 'up' },
    { range: '{ interval: 10m, aggregation: max }', query: 'up' },
    { range: '{ interval: 10m, step: 30s, aggregation: max }', query: 'max_over_time((up)[10m:30s])' },
    { range: '{ step: 1m, aggregation: min }', query: 'min_over_time((up)[5m:1m])' },
    { range: '{ interval: 1h30m, step: 1m30s, aggregation: avg }', query: 'avg_over_time((up)[90m:90s])' },
    { range: '{ step: 500ms, aggregation: median }', query: 'quantile_over_time(0.5, (up)[5m:500ms])' },
    { range: '{ step: 1m, aggregation: p95 }', query: 'quantile_over_time(0.95, (up)[5m:1m])' },
  ])('of a metric with range $range ask $query', ({ range, query }) => {
    const plan = compileEvaluation(
      '{ objectives: [{ keptnMetricRef: { name: m }, evaluationTarget: "<1" }] }',
      METRIC.replace('query: up,', `query: up, range: ${range},`),
    );
    expect(stepsOf(plan, 'post-deployment')[0]?.[0]?.spec).toMatchObject({ query });
  });

  test('reach a provider with a Secret through variables of the hook, which hold no value in the plan', () => {
    const secured = METRIC.replace(
      'type: prometheus,',
      'type: thanos, insecureSkipTlsVerify: true, secretKeyRef: { name: s, key: k },',
    );
    const plan = compileEvaluation(
      '{ objectives: [{ keptnMetricRef: { name: m }, evaluationTarget: "<1" }] }',
      secured,
    );
    expect(plan.secretEnv).toEqual([
      { name: 'STAGELINE_METRICS_1_USER', secret: 's', key: 'user' },
      { name: 'STAGELINE_METRICS_1_PASSWORD', secret: 's', key: 'password' },
    ]);
    expect(stepsOf(plan, 'post-deployment')[0]?.[0]?.spec).toMatchObject({
      access: {
        basicAuth: { userEnv: 'STAGELINE_METRICS_1_USER', passwordEnv: 'STAGELINE_METRICS_1_PASSWORD' },
        insecureSkipVerify: true,
      },
    });
  });

  test('leave a provider alone that nothing asks, whatever its type', () => {
    const unused = metrics('KeptnMetricsProvider', 'dt', '{ type: dynatrace, targetServer: x }');
    expect(() =>
      compileEvaluation(
        '{ objectives: [{ keptnMetricRef: { name: m }, evaluationTarget: "<1" }] }',
        METRIC + unused,
      ),
    ).not.toThrow();
  });
});

describe('the plan', () => {
  const stream =
    lifecycle('KeptnAppContext', 'simple-go', '{ metadata: { team: shop } }') +
    deployment('simple-go') +
    deployment('backend');

  test('is named after application and stage, and made of the images that the workloads run', () => {
    const { plan } = compile(stream);
    expect(plan).toMatchObject({
      pipeline: 'simple-go',
      stage: 'dev',
      application: 'simple-go-dev',
      namespace: 'simple-go-dev',
      freight: {
        items: [
          { kind: 'image', key: 'backend', value: 'v1' },
          { kind: 'image', key: 'simple-go', value: 'v1' },
        ],
      },
      metadata: { team: 'shop', commitID: COMMIT },
      promotions: [],
    });
    expect(plan.anchor.data).toMatchObject({
      pipeline: 'simple-go',
      stage: 'dev',
      commit: COMMIT,
      versions: 'backend=v1\nsimple-go=v1',
    });
    expect(compile(stream, { stage: 'lab' }).plan.stage).toBe('lab');
  });

  test.each([
    { namespace: 'simple-go-prod', application: 'x', stage: 'prod' },
    { namespace: 'shop', application: 'simple-go-eu', stage: 'eu' },
    { namespace: 'shop', application: 'x', stage: 'shop' },
  ])(
    'in namespace $namespace for application $application is of stage $stage',
    ({ namespace, application, stage }) => {
      const moved = stream.replaceAll('simple-go-dev', namespace);
      expect(compile(moved, { namespace, application }).plan.stage).toBe(stage);
    },
  );

  test('carries Keptn’s names of the application into the trace, unless the chart takes them for its own', () => {
    expect(compile(stream).plan.metadata).toEqual({
      'keptn.deployment.app.name': 'simple-go',
      'keptn.deployment.app.version': expect.stringMatching(/^[0-9a-f]{10}$/),
      'keptn.deployment.app.namespace': 'simple-go-dev',
      team: 'shop',
      commitID: COMMIT,
    });
    const own = stream.replace('team: shop', 'keptn.deployment.app.name: mine');
    expect(compile(own).plan.metadata['keptn.deployment.app.name']).toBe('mine');
  });

  test('has Keptn’s version of the application: the KeptnApp’s, the only workload’s, or a hash of all', () => {
    const versionOf = (more: string): string | undefined => compile(more).plan.keptn?.apps[0]?.version;
    expect(versionOf(lifecycle('KeptnApp', 'simple-go', '{ version: 1.2.3 }') + stream)).toBe('1.2.3');
    expect(
      versionOf(lifecycle('KeptnAppContext', 'simple-go', '{}') + deployment('simple-go', { version: 'v9' })),
    ).toBe('v9');
    // First ten digits of the SHA-256 of `simple-go-backend-v2simple-go-simple-go-v1`.
    expect(
      versionOf(
        lifecycle('KeptnAppContext', 'simple-go', '{}') +
          deployment('backend', { version: 'v2' }) +
          deployment('simple-go'),
      ),
    ).toBe('428237b1fe');
  });

  test('lists every Keptn object of the render, and the groups that stay out of the output', () => {
    const { plan } = compile(stream + METRIC + lifecycle('KeptnApp', 'simple-go', '{ version: "1" }'));
    expect(plan.keptn?.resources).toEqual({
      KeptnAppContext: ['simple-go-dev/simple-go'],
      KeptnMetric: ['simple-go-dev/m'],
      KeptnMetricsProvider: ['simple-go-dev/p'],
      KeptnApp: ['simple-go-dev/simple-go'],
    });
    expect(plan.keptn?.leftOut).toEqual(['lifecycle.keptn.sh', 'metrics.keptn.sh']);
  });

  test('is plain JSON and the same for the same inputs', () => {
    const { plan } = compile(stream);
    expect(JSON.parse(JSON.stringify(plan))).toStrictEqual(plan);
    expect(JSON.stringify(compile(stream).plan)).toBe(JSON.stringify(plan));
  });

  /** The labels that Helm's starter chart gives every object. */
  const labelled = (object: string): string =>
    object.replace(
      'namespace:',
      'labels: { helm.sh/chart: simple-go-1.2.3, app.kubernetes.io/name: simple-go, app.kubernetes.io/instance: simple-go-dev, app.kubernetes.io/version: v1.2.3, app.kubernetes.io/managed-by: Helm }, namespace:',
    );

  test('of 100 container tasks has less than 64 KiB', () => {
    const names = Array.from({ length: 100 }, (_, index) => `check-number-${index + 1}`);
    const spec =
      '{ container: { name: check, image: "ghcr.io/example/check-prometheus-target:1.2.3", command: [sh, -c, "exec check"], env: [{ name: PROMETHEUS_URL, value: "http://prometheus.monitoring.svc:9090" }, { name: TARGET_SERVICE_LABEL, value: job=simple-go }] } }';
    const { plan } = compile(
      lifecycle(
        'KeptnAppContext',
        'simple-go',
        `{ postDeploymentTasks: [${names.join(', ')}], metadata: { commitID: "${COMMIT}" } }`,
      ) + names.map((name) => labelled(lifecycle('KeptnTaskDefinition', name, spec))).join(''),
    );
    expect(stepsOf(plan, 'post-deployment')[0]).toHaveLength(100);
    expect(Buffer.byteLength(JSON.stringify(plan))).toBeLessThan(64 * 1024);
  });
});

describe('the definition', () => {
  const stream =
    lifecycle('KeptnAppContext', 'simple-go', '{ preDeploymentTasks: [a] }') + deployment('simple-go');
  const definitionOf = (more: string): string => compile(more).plan.definition;

  test('changes with a check, with a function’s code, and with the revision that restarts a deployment', () => {
    const plain = definitionOf(stream + tasks('a'));
    const code = (text: string): string =>
      lifecycle('KeptnTaskDefinition', 'a', `{ deno: { inline: { code: "${text}" } } }`);
    expect(
      definitionOf(
        stream + lifecycle('KeptnTaskDefinition', 'a', '{ retries: 1, container: { name: c, image: i } }'),
      ),
    ).not.toBe(plain);
    expect(definitionOf(stream + code('1'))).not.toBe(definitionOf(stream + code('2')));
    const app = (revision: number): string =>
      lifecycle('KeptnApp', 'simple-go', `{ version: "1", revision: ${revision} }`);
    expect(definitionOf(stream + tasks('a') + app(1))).not.toBe(definitionOf(stream + tasks('a') + app(2)));
  });

  test('and freight stay with what a version or a random label brings, so that nothing loops', () => {
    const plain = compile(stream + tasks('a')).plan;
    const random = compile(
      stream
        .replace('/version: v1', '/version: v1-x7Gh2')
        .replace('preDeploymentTasks', 'metadata: { commitID: other }, spanLinks: [x], preDeploymentTasks') +
        tasks('a'),
    ).plan;
    expect(random.keptn?.apps[0]?.version).toBe('v1-x7gh2');
    expect(random.definition).toBe(plain.definition);
    expect(random.anchor).toEqual(plain.anchor);
  });
});

describe('a render is none of Keptn’s', () => {
  test.each([
    { what: 'without any of its objects', stream: deployment('simple-go') },
    { what: 'with metrics alone', stream: METRIC + deployment('simple-go') },
    { what: 'with definitions alone', stream: tasks('a') },
  ])('$what', ({ stream }) => {
    expect(compileKeptn(objectsOf(stream), RENDER)).toBeUndefined();
  });

  test('but a workload with an annotation of Keptn’s own is enough', () => {
    const { plan } = compile(
      deployment('simple-go', { annotations: { 'keptn.sh/post-deployment-tasks': 'a' } }) + tasks('a'),
    );
    expect(namesIn(plan, 'post-deployment')).toEqual([['simple-go:a']]);
  });
});

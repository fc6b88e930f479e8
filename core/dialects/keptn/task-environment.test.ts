import { describe, expect, test } from 'vitest';
import type { CheckPhase, CheckSpec, Plan } from '../../plan.ts';
import { keptnContextText, withKeptnContext } from './context.ts';
import { isObject } from './objects.ts';
import { compile, COMMIT, deployment, lifecycle } from './testing.ts';

const TRACEPARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const CONTEXT = lifecycle(
  'KeptnAppContext',
  'simple-go',
  '{ promotionTasks: [promote], metadata: { commitID: 1234abc, team: a<b } }',
);

type TaskSpec = Extract<CheckSpec, { kind: 'task' }>;

function taskOf(plan: Plan, phase: CheckPhase): TaskSpec {
  const spec = plan.phases.find(({ name }) => name === phase)?.steps[0]?.[0]?.spec;
  if (spec?.kind !== 'task') throw new Error(`no task in ${phase}`);
  return spec;
}

/** The environment that a pod of the task gets, as pairs in order. */
function environmentOf(plan: Plan, phase: CheckPhase): unknown[] {
  const { keptn, pod } = taskOf(plan, phase);
  if (!keptn || !pod) throw new Error('the task is none of Keptn');
  const { env } = withKeptnContext(pod.container, keptnContextText(plan, keptn, TRACEPARENT));
  return (Array.isArray(env) ? env : []).map((entry) =>
    isObject(entry) ? [entry['name'], entry['value'] ?? entry['valueFrom']] : entry,
  );
}

const PROMOTION_CONTEXT = `{"workloadName":"","appName":"simple-go","appVersion":"v1","workloadVersion":"","taskType":"promotion","objectType":"App","metadata":{"commitID":"1234abc","team":"a\\u003cb","traceparent":"${TRACEPARENT}"}}`;

describe('the environment of a task', () => {
  test.each([
    {
      what: 'a deno function with everything',
      spec: '{ deno: { inline: { code: "x" }, parameters: { map: { z: "1", a: "&" } }, secureParameters: { secret: github-token }, cmdParameters: "-v" } }',
      expected: [
        ['DATA', '{"a":"\\u0026","z":"1"}'],
        ['KEPTN_CONTEXT', PROMOTION_CONTEXT],
        ['CMD_ARGS', '-v'],
        ['SECURE_DATA', { secretKeyRef: { name: 'github-token', key: 'SECURE_DATA' } }],
        ['SCRIPT', '/var/data/function.ts'],
      ],
    },
    {
      what: 'a bare python function',
      spec: '{ python: { configMapRef: { name: elsewhere } } }',
      expected: [
        ['KEPTN_CONTEXT', PROMOTION_CONTEXT],
        ['CMD_ARGS', ''],
        ['SCRIPT', '/var/data/function.py'],
      ],
    },
    {
      what: 'a function behind an address',
      spec: '{ deno: { httpRef: { url: "https://example.com/f.ts" } } }',
      expected: [
        ['KEPTN_CONTEXT', PROMOTION_CONTEXT],
        ['CMD_ARGS', ''],
        ['SCRIPT', 'https://example.com/f.ts'],
      ],
    },
    {
      what: 'a container, which only gets the context',
      spec: '{ container: { name: c, image: i, env: [{ name: A, value: b }] } }',
      expected: [
        ['A', 'b'],
        ['KEPTN_CONTEXT', PROMOTION_CONTEXT],
      ],
    },
    {
      what: 'a container that sets the context itself: its value is replaced where it stands',
      spec: '{ container: { name: c, image: i, env: [{ name: KEPTN_CONTEXT, value: mine }, { name: A, value: b }] } }',
      expected: [
        ['KEPTN_CONTEXT', PROMOTION_CONTEXT],
        ['A', 'b'],
      ],
    },
  ])('of $what', ({ spec, expected }) => {
    const { plan } = compile(
      CONTEXT + deployment('simple-go') + lifecycle('KeptnTaskDefinition', 'promote', spec),
    );
    expect(environmentOf(plan, 'promotion')).toEqual(expected);
  });

  test('has the metadata of the task’s own application where one of another namespace has the same name', () => {
    const other = CONTEXT.replace('namespace: simple-go-dev', 'namespace: aaa').replace('1234abc', 'other');
    const { plan } = compile(
      CONTEXT + other + lifecycle('KeptnTaskDefinition', 'promote', '{ container: { name: c, image: i } }'),
    );
    const step = plan.phases.find(({ name }) => name === 'promotion')?.steps[0] ?? [];
    const commits = step.map(({ spec }) => {
      if (spec.kind !== 'task' || !spec.keptn) throw new Error('no task of Keptn');
      return /"commitID":"(\w+)"/.exec(keptnContextText(plan, spec.keptn, TRACEPARENT))?.[1];
    });
    expect(commits).toEqual(['other', '1234abc']);
  });

  test('of a workload’s task has no application version, and the workload’s metadata over the application’s', () => {
    const annotations = {
      'keptn.sh/post-deployment-tasks': 'wait',
      'keptn.sh/metadata': 'team=mine,odd,x=1',
    };
    const { plan } = compile(
      lifecycle('KeptnAppContext', 'simple-go', '{ metadata: { team: theirs } }') +
        deployment('backend', { annotations, version: 'V2' }) +
        lifecycle('KeptnTaskDefinition', 'wait', '{ container: { name: c, image: i } }'),
    );
    expect(environmentOf(plan, 'post-deployment')).toEqual([
      [
        'KEPTN_CONTEXT',
        `{"workloadName":"simple-go-backend","appName":"simple-go","appVersion":"","workloadVersion":"v2","taskType":"post","objectType":"Workload","metadata":{"commitID":"${COMMIT}","team":"mine","traceparent":"${TRACEPARENT}","x":"1"}}`,
      ],
    ]);
  });
});

describe('the pod of a task', () => {
  const promote = (spec: string, more = ''): { spec: TaskSpec; functions: unknown } => {
    const { plan, functions } = compile(
      CONTEXT + deployment('simple-go') + lifecycle('KeptnTaskDefinition', 'promote', spec) + more,
      { images: { python: 'registry.example.com/python:1' } },
    );
    return { spec: taskOf(plan, 'promotion'), functions };
  };

  test('has Keptn’s defaults', () => {
    const { plan } = compile(
      CONTEXT + lifecycle('KeptnTaskDefinition', 'promote', '{ container: { name: c, image: i } }'),
    );
    const [check] = plan.phases.at(-1)?.steps[0] ?? [];
    expect(check).toMatchObject({
      timeoutMs: 300_000,
      retries: 0,
      spec: { image: 'i', pod: { retries: 10 } },
    });
  });

  test('takes over what the definition says about it', () => {
    const { spec } = promote(
      '{ container: { name: c, image: i }, retries: 2, timeout: 1m30s, serviceAccount: { name: sa }, automountServiceAccountToken: { type: false }, ttlSecondsAfterFinished: 10, imagePullSecrets: [{ name: pull }] }',
    );
    expect(spec.pod).toEqual({
      retries: 2,
      container: { name: 'c' },
      serviceAccountName: 'sa',
      automountServiceAccountToken: false,
      ttlSecondsAfterFinished: 10,
      imagePullSecrets: [{ name: 'pull' }],
    });
  });

  test('has labels and annotations of the definition, without those that are about the definition itself', () => {
    const { plan } = compile(`${CONTEXT}---
apiVersion: lifecycle.keptn.sh/v1
kind: KeptnTaskDefinition
metadata:
  name: promote
  namespace: simple-go-dev
  labels: { team: shop }
  annotations: { note: kept, argocd.argoproj.io/hook: PreSync, helm.sh/resource-policy: keep }
spec: { container: { name: c, image: i } }
`);
    expect(plan.keptn?.labels).toEqual([{ team: 'shop' }]);
    expect(taskOf(plan, 'promotion').pod).toMatchObject({
      labels: 0,
      annotations: { note: 'kept' },
    });
    expect(taskOf(plan, 'promotion').pod?.annotations).toEqual({ note: 'kept' });
  });

  test.each([
    { limits: '', size: '1Gi' },
    { limits: 'resources: { limits: { memory: 64Mi } },', size: '64Mi' },
  ])('has one volume in memory for its mounts, of $size', ({ limits, size }) => {
    const { spec } = promote(
      `{ container: { name: c, image: i, ${limits} volumeMounts: [{ name: work, mountPath: /w }, { name: work, mountPath: /v, subPath: v }] } }`,
    );
    expect(spec.pod?.volumes).toEqual([{ name: 'work', emptyDir: { medium: 'Memory', sizeLimit: size } }]);
  });

  test('refers to inline code, which travels in a ConfigMap', () => {
    const { spec, functions } = promote('{ python: { inline: { code: "print(1)" } } }');
    expect(spec.image).toBe('registry.example.com/python:1');
    expect(JSON.stringify(spec)).not.toContain('print(1)');
    expect(spec.pod?.volumes).toEqual([
      {
        name: 'function-mount',
        configMap: {
          name: 'sl-functions-simple-go-dev',
          items: [{ key: 'simple-go-dev.promote', path: 'code' }],
        },
      },
    ]);
    expect(spec.pod?.container['volumeMounts']).toEqual([
      { name: 'function-mount', readOnly: true, mountPath: '/var/data/function.py', subPath: 'code' },
    ]);
    expect(functions).toEqual({
      name: 'sl-functions-simple-go-dev',
      data: { 'simple-go-dev.promote': 'print(1)' },
    });
  });

  test('takes the code of a ConfigMap of the same render along, since the cluster may not have it yet', () => {
    const { functions } = promote(
      '{ deno: { configMapRef: { name: code } } }',
      '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: code, namespace: simple-go-dev }\ndata: { code: "1" }\n',
    );
    expect(functions).toEqual({ name: 'sl-functions-simple-go-dev', data: { 'simple-go-dev.promote': '1' } });
  });

  test('mounts a ConfigMap that is not of the render by its own name', () => {
    const { spec, functions } = promote('{ deno: { configMapRef: { name: elsewhere } } }');
    expect(spec.pod?.volumes).toEqual([{ name: 'function-mount', configMap: { name: 'elsewhere' } }]);
    expect(functions).toBeUndefined();
  });

  test('has code and runtime of the function that it refers to, and its own parameters over that one’s', () => {
    const { spec, functions } = promote(
      '{ deno: { functionRef: { name: parent }, parameters: { map: { b: child, c: child } } } }',
      lifecycle(
        'KeptnTaskDefinition',
        'parent',
        '{ retries: 1, python: { functionRef: { name: grandparent }, parameters: { map: { a: parent, b: parent } } } }',
      ) +
        lifecycle(
          'KeptnTaskDefinition',
          'grandparent',
          '{ python: { inline: { code: "1" }, secureParameters: { secret: s }, cmdParameters: old } }',
        ),
    );
    expect(spec.image).toBe('registry.example.com/python:1');
    expect(spec.pod?.retries).toBe(10);
    expect(spec.pod?.container['env']).toEqual([
      { name: 'DATA', value: '{"a":"parent","b":"child","c":"child"}' },
      { name: 'KEPTN_CONTEXT', value: '' },
      { name: 'CMD_ARGS', value: 'old' },
      { name: 'SECURE_DATA', valueFrom: { secretKeyRef: { name: 's', key: 'SECURE_DATA' } } },
      { name: 'SCRIPT', value: '/var/data/function.py' },
    ]);
    expect(functions).toMatchObject({ data: { 'simple-go-dev.grandparent': '1' } });
  });

  test.each(['v1alpha1', 'v1alpha2', 'v1alpha3', 'v1beta1'])(
    'reads spec.function of %s as deno',
    (version) => {
      const { plan, functions } = compile(
        CONTEXT +
          lifecycle('KeptnTaskDefinition', 'promote', '{ function: { inline: { code: "1" } } }', version),
      );
      expect(taskOf(plan, 'promotion').image).toBe('ghcr.io/keptn/deno-runtime:v3.0.1');
      expect(functions?.data).toEqual({ 'simple-go-dev.promote': '1' });
    },
  );
});

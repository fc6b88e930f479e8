import { describe, expect, test } from 'vitest';
import { nameObject } from './objects.ts';
import { objectsOf } from './testing.ts';
import { lookUp, readWorkload, type Workload } from './workloads.ts';

function read(owner: string): { workload: Workload | undefined; notes: string[] } {
  const [rendered] = objectsOf(owner);
  const object = rendered && nameObject(rendered, 'default');
  if (!object) throw new Error('no object');
  const notes: string[] = [];
  return { workload: readWorkload(object, (note) => notes.push(note)), notes };
}

/** A Deployment with metadata of its own and of its pods, in flow style. */
function deployment(parts: { owner?: string; pod?: string; containers?: string; kind?: string }): string {
  return `apiVersion: apps/v1
kind: ${parts.kind ?? 'Deployment'}
metadata: { name: d, ${parts.owner ?? ''} }
spec:
  template:
    metadata: { ${parts.pod ?? ''} }
    spec: { containers: ${parts.containers ?? "[{ name: main, image: 'ghcr.io/example/a:v7' }]"} }
`;
}

describe('a key is looked up', () => {
  const own = 'keptn.sh/workload';
  const recommended = 'app.kubernetes.io/name';
  type Texts = Record<string, string>;
  test.each<{ annotations: Texts; labels: Texts; found: string | undefined }>([
    {
      annotations: { [own]: 'a', [recommended]: 'c' },
      labels: { [own]: 'b', [recommended]: 'd' },
      found: 'a',
    },
    { annotations: { [recommended]: 'c' }, labels: { [own]: 'b', [recommended]: 'd' }, found: 'b' },
    { annotations: { [recommended]: 'c' }, labels: { [recommended]: 'd' }, found: 'c' },
    { annotations: {}, labels: { [recommended]: 'd' }, found: 'd' },
    { annotations: { [own]: '' }, labels: { [recommended]: 'd' }, found: 'd' },
    { annotations: {}, labels: {}, found: undefined },
  ])('in $annotations and $labels: $found', ({ annotations, labels, found }) => {
    expect(lookUp({ annotations, labels }, [own, recommended])).toBe(found);
  });
});

describe('a workload', () => {
  test.each(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Rollout'])(
    'is read from a %s',
    (kind) => {
      const { workload } = read(deployment({ kind, pod: 'labels: { app.kubernetes.io/name: Front_End }' }));
      expect(workload).toMatchObject({
        name: 'Front_End',
        app: 'front-end',
        fullName: 'front-end-front-end',
      });
    },
  );

  test.each(['Job', 'CronJob', 'Pod'])('is not read from a %s', (kind) => {
    expect(read(deployment({ kind, pod: 'labels: { app.kubernetes.io/name: a }' })).workload).toBeUndefined();
  });

  test('without a name is none', () => {
    expect(
      read(deployment({ pod: 'labels: { app: a }', owner: 'labels: { app: a }' })).workload,
    ).toBeUndefined();
  });

  test('is read from its pods alone if they name it, and from its owner otherwise', () => {
    const owner = "labels: { keptn.sh/workload: owner, keptn.sh/app: of-owner, keptn.sh/version: '9' }";
    const pod = "labels: { app.kubernetes.io/name: pod, app.kubernetes.io/version: '8' }";
    expect(read(deployment({ owner, pod })).workload).toMatchObject({
      name: 'pod',
      app: 'pod',
      version: '8',
    });
    expect(read(deployment({ owner })).workload).toMatchObject({
      name: 'owner',
      app: 'of-owner',
      version: '9',
    });
  });

  test('that its owner names keeps what only its pods say', () => {
    const { workload } = read(
      deployment({
        owner:
          'labels: { keptn.sh/workload: owner }, annotations: { keptn.sh/post-deployment-tasks: "a, b,,a" }',
        pod: "labels: { app.kubernetes.io/part-of: podtato, app.kubernetes.io/version: 'v1' }",
      }),
    );
    // The version that Keptn computes for the owner goes before the pods' own label.
    expect(workload).toMatchObject({ app: 'podtato', postDeploymentTasks: ['a', 'b'] });
    expect(workload?.version).toMatch(/^\d+$/);
  });

  test.each([
    { version: 'V1.2-RC', expected: 'v1.2-rc' },
    { version: '"1"', expected: '1' },
  ])('has its version $version in lower case', ({ version, expected }) => {
    const { workload } = read(
      deployment({ pod: `labels: { keptn.sh/workload: a, keptn.sh/version: ${version} }` }),
    );
    expect(workload?.version).toBe(expected);
  });

  test.each([
    { containers: "[{ name: main, image: 'a/b:v3' }]", expected: 'v3' },
    { containers: "[{ name: other, image: x }, { name: main, image: 'host:5000/b:v4' }]", expected: 'v4' },
    { containers: "[{ name: main, image: 'a/b@sha256:abc' }]", expected: 'abc' },
    // FNV-1a of `mainb:latestEF`, in decimal.
    {
      containers: "[{ name: main, image: 'b:latest', env: [{ name: E, value: F }] }]",
      expected: '1338116992',
    },
  ])(
    'without a version has the tag of the container that is named: $expected',
    ({ containers, expected }) => {
      const { workload } = read(
        deployment({ pod: 'labels: { keptn.sh/workload: a, keptn.sh/container: main }', containers }),
      );
      expect(workload?.version).toBe(expected);
    },
  );

  test('whose named container does not exist has no version, and that is said', () => {
    const { workload, notes } = read(
      deployment({ pod: 'labels: { keptn.sh/workload: a, keptn.sh/container: no }' }),
    );
    expect(workload?.version).toBe('');
    expect(notes).toEqual([
      'Deployment default/d (templates/1.yaml): keptn.sh/container names "no", which is no container of its pods; it has no version',
    ]);
  });

  test('survives annotations that are null, and a misspelt field beside them', () => {
    expect(
      read(deployment({ pod: 'annotations: null, annotation: null, labels: { keptn.sh/workload: a }' }))
        .workload?.name,
    ).toBe('a');
  });

  test('takes metadata with exactly one equals sign', () => {
    const { workload } = read(
      deployment({
        pod: 'labels: { keptn.sh/workload: a }, annotations: { keptn.sh/metadata: "a=1,b,c=2=3,d=" }',
      }),
    );
    expect(workload?.metadata).toEqual({ a: '1', d: '' });
  });
});

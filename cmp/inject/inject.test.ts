/** What is put into a render, and where: the exact bytes. */
import { describe, expect, it } from 'vitest';
import { COMMIT, inject, TRACEPARENT } from '../testing/inject.ts';
import type { Injection } from './types.ts';

const BOTH = [`stageline.dev/commit-id: "${COMMIT}"`, `stageline.dev/traceparent: "${TRACEPARENT}"`];
const ONE: Partial<Injection> = { traceparent: undefined };

function injected(text: string, injection: Partial<Injection> = {}): string {
  return inject(text, injection).output.toString();
}

const manifest = (kind: string, metadata = '  name: x\n'): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata:\n${metadata}`;

describe('annotations', () => {
  it.each([
    ['none yet', '  name: x\n', `  annotations:\n    ${BOTH[0]}\n    ${BOTH[1]}\n  name: x\n`],
    [
      'some, indented by one',
      ' annotations:\n  a: b\n name: x\n',
      ` annotations:\n  ${BOTH[0]}\n  ${BOTH[1]}\n  a: b\n name: x\n`,
    ],
    [
      'an empty mapping',
      '  name: x\n  annotations: {}\n',
      `  name: x\n  annotations: {"stageline.dev/commit-id": "${COMMIT}", "stageline.dev/traceparent": "${TRACEPARENT}"}\n`,
    ],
    [
      'an empty value',
      '  annotations:\n  name: x\n',
      `  annotations:\n    ${BOTH[0]}\n    ${BOTH[1]}\n  name: x\n`,
    ],
  ])('are inserted as lines of their own: %s', (_what, before, after) => {
    expect(inject(manifest('ConfigMap', before))).toMatchObject({ slow: 0, objects: 1 });
    expect(injected(manifest('ConfigMap', before))).toBe(manifest('ConfigMap', after));
  });

  it('end their lines as the manifest does', () => {
    const text = manifest('ConfigMap').replace(/\n/g, '\r\n');
    expect(injected(text, ONE)).toBe(
      manifest('ConfigMap', `  annotations:\n    ${BOTH[0]}\n  name: x\n`).replace(/\n/g, '\r\n'),
    );
  });

  it('keep bytes that are not UTF-8', () => {
    const latin = Buffer.concat([
      Buffer.from(manifest('ConfigMap')),
      Buffer.from('data:\n  a: caf'),
      Buffer.from([0xe9, 0x0a]),
    ]);
    const { output } = inject(latin, ONE);
    expect(output.subarray(-4)).toEqual(Buffer.from([0x61, 0x66, 0xe9, 0x0a]));
  });

  it('replace values of ours that the chart has set itself', () => {
    const text = manifest(
      'ConfigMap',
      '  annotations:\n    stageline.dev/commit-id: old # note\n  name: x\n',
    );
    expect(injected(text, ONE)).toBe(text.replace('old', `"${COMMIT}"`));
  });

  it('go on workloads only when that is asked for', () => {
    const stream = `${manifest('ConfigMap')}---\n${manifest('Deployment')}`;
    expect(injected(stream, { ...ONE, scope: 'workloads' })).toBe(
      `${manifest('ConfigMap')}---\n${manifest('Deployment', `  annotations:\n    ${BOTH[0]}\n  name: x\n`)}`,
    );
    expect(injected(stream, { scope: 'none' })).toBe(stream);
  });

  it('stay away from an object that opts out', () => {
    const text = manifest('ConfigMap', '  annotations:\n    stageline.dev/inject: disabled\n  name: x\n');
    expect(injected(text)).toBe(text);
  });

  it('go on each item of a list, and not on the list', () => {
    const text =
      'apiVersion: v1\nkind: List\nmetadata: {}\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata:\n    name: a\n- kind: Secret\n  metadata: {name: b}\n';
    const output = injected(text, ONE);
    expect(output.match(/stageline\.dev/g)).toHaveLength(2);
    expect(output).toContain('metadata: {}\nitems');
    expect(inject(text).objects).toBe(2);
  });

  it('go into JSON without touching the rest of it', () => {
    const text = '{"kind":"Secret","metadata":{"name":"a"},"n":1e3,"u":"\\u00e9"}\n';
    expect(injected(text, ONE)).toBe(
      text.replace('{"name"', `{"annotations": {"stageline.dev/commit-id": "${COMMIT}"}, "name"`),
    );
  });

  it('count only documents that hold something', () => {
    expect(inject('# nothing\n---\n\n---\nnull\n---\n').objects).toBe(0);
  });
});

const workload = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: x
spec:
  template:
    metadata:
      labels: {a: b}
    spec:
      containers:
        - name: main
          image: x
        - name: second
          env:
            - name: OTHER
              value: "1"
        - name: third
          env:
            - name: OTEL_RESOURCE_ATTRIBUTES
              value: team=a
        - name: fourth
          env:
            - name: OTEL_RESOURCE_ATTRIBUTES
              valueFrom: {fieldRef: {fieldPath: metadata.name}}
`;

describe('pods', () => {
  it('are left alone unless that is asked for', () => {
    expect(injected(workload, ONE).match(/stageline\.dev/g)).toHaveLength(1);
  });

  it('get annotations when that is asked for', () => {
    const output = injected(workload, { ...ONE, podTemplates: true });
    expect(output).toContain(
      `      annotations: {"stageline.dev/commit-id": "${COMMIT}"}\n      labels: {a: b}\n`,
    );
  });

  it('get OTEL_RESOURCE_ATTRIBUTES beside their own, which have the last word', () => {
    const otelAttributes = { 'vcs.ref.head.revision': 'abc', 'deployment.environment.name': 'a b' };
    const ours = 'vcs.ref.head.revision=abc,deployment.environment.name=a%20b';
    const output = injected(workload, { ...ONE, otelAttributes });
    const entry = `{"name": "OTEL_RESOURCE_ATTRIBUTES", "value": "${ours}"}`;
    expect(output).toContain(`        - env: [${entry}]\n          name: main\n`);
    expect(output).toContain(`            - ${entry}\n            - name: OTHER\n`);
    expect(output).toContain(`              value: "${ours},team=a"\n`);
    expect(output).toContain('              valueFrom: {fieldRef: {fieldPath: metadata.name}}\n');
    expect(output.match(/vcs\.ref/g)).toHaveLength(3);
  });

  it.each(['Job', 'ReplicaSet'])('of a %s are never touched: its template cannot be changed', (kind) => {
    const text = workload.replace('kind: Deployment', `kind: ${kind}`);
    expect(injected(text, { ...ONE, podTemplates: true }).match(/stageline\.dev/g)).toHaveLength(1);
  });

  it('of a CronJob are found below its job template', () => {
    const text = `apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: x\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec: {containers: []}\n`;
    expect(injected(text, { ...ONE, podTemplates: true })).toContain(
      `      template:\n        metadata: {"annotations": {"stageline.dev/commit-id": "${COMMIT}"}}\n        spec: {containers: []}\n`,
    );
  });
});

describe('a KeptnAppContext', () => {
  const context = (spec: string): string => `${manifest('KeptnAppContext')}spec:\n${spec}`;

  it('gets commit and span link', () => {
    const output = injected(context('  postDeploymentTasks: [a]\n'));
    expect(output).toContain(`  metadata: {"commitID": "${COMMIT}"}\n`);
    expect(output).toContain(`  spanLinks: ["${TRACEPARENT}"]\n`);
  });

  it('keeps what it has', () => {
    const output = injected(context('  metadata:\n    team: a\n  spanLinks:\n    - "other"\n'));
    expect(output).toContain(`  metadata:\n    commitID: "${COMMIT}"\n    team: a\n`);
    expect(output).toContain(`  spanLinks:\n    - "${TRACEPARENT}"\n    - "other"\n`);
  });

  it('is linked once', () => {
    const output = injected(context(`  spanLinks: ["${TRACEPARENT}"]\n`));
    expect(output.split(TRACEPARENT)).toHaveLength(3);
  });
});

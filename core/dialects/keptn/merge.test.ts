import { expect, test } from 'vitest';
import { planOf } from '../../testing.ts';
import type { Plan } from '../../plan.ts';
import { mergeKeptn } from './merge.ts';
import { compile, COMMIT, deployment, lifecycle } from './testing.ts';

const probe = (name: string): Plan['phases'][number]['steps'][number] => [
  { name, timeoutMs: 1, retries: 0, backoffMs: 1, spec: { kind: 'http', url: 'http://frontend/' } },
];
const native: Plan = {
  ...planOf('v1'),
  phases: [{ name: 'post-deployment', steps: [probe('wait'), probe('load')] }],
};
const keptn = compile(
  lifecycle(
    'KeptnAppContext',
    'simple-go',
    '{ postDeploymentTasks: [wait], promotionTasks: [promote], metadata: { team: keptn, more: x } }',
  ) +
    deployment('simple-go') +
    ['wait', 'promote']
      .map((name) => lifecycle('KeptnTaskDefinition', name, '{ container: { name: c, image: i } }'))
      .join(''),
).plan;

test('a stage of a pipeline file whose chart has Keptn’s resources runs its own checks and then Keptn’s', () => {
  const merged = mergeKeptn(native, keptn);
  expect(
    merged.phases.map(({ name, steps }) => [name, steps.map((step) => step.map((check) => check.name))]),
  ).toEqual([
    ['post-deployment', [['wait'], ['load'], ['keptn-wait']]],
    ['promotion', [['promote']]],
  ]);
  expect(merged).toMatchObject({ pipeline: 'shop', stage: 'dev', freight: native.freight, promotions: [] });
  expect(merged.metadata).toEqual({ ...keptn.metadata, team: 'shop', more: 'x', commitID: COMMIT });
  expect(merged.keptn).toBe(keptn.keptn);
});

test('a change of either part is a change of the whole', () => {
  const merged = mergeKeptn(native, keptn);
  expect(merged.anchor.data['definition']).toBe(merged.definition);
  expect(mergeKeptn({ ...native, definition: 'other' }, keptn).definition).not.toBe(merged.definition);
  expect(mergeKeptn(native, { ...keptn, definition: 'other' }).definition).not.toBe(merged.definition);
});

test('links that both bring are there once', () => {
  const [link] = native.links;
  const merged = mergeKeptn(native, {
    ...keptn,
    links: [{ traceparent: link?.traceparent ?? '' }, { traceparent: 'x' }],
  });
  expect(merged.links).toEqual([...native.links, { traceparent: 'x' }]);
});

import { expect, test } from 'vitest';
import { parsePlan, rolesOf, stepsOf, type PlannedCheck, type PlannedPromotion } from './plan.ts';
import { planOf } from './testing.ts';

const plan = planOf('v1');
const check: PlannedCheck = {
  name: 'probe',
  timeoutMs: 1000,
  retries: 0,
  backoffMs: 1000,
  spec: { kind: 'http', url: 'http://frontend.shop-dev.svc/' },
};
const promotion: PlannedPromotion = {
  target: 'prod',
  targetApplication: 'shop-prod',
  targetPath: 'charts/prod',
  repoURL: 'https://git.example.com/shop.git',
  base: 'main',
  way: { kind: 'push', merge: true },
  secret: 'stageline-git',
};

test('a plan is read from the environment as it was written', () => {
  expect(parsePlan(JSON.stringify(plan))).toEqual(plan);
});

test.each([undefined, '', '{', 'null', '[]', '{}'])('%s is no plan', (text) => {
  expect(() => parsePlan(text)).toThrow('holds no plan');
});

test('a plan of another version says who has to act', () => {
  const read = (): unknown => parsePlan(JSON.stringify({ ...plan, version: 2 }));
  expect(read).toThrow('the plan has version 2, this runner reads version 1');
  expect(read).toThrow(expect.objectContaining({ code: 'PLAN_VERSION', blame: 'setup' }));
});

test('only phases that have work have steps', () => {
  const phases = [{ name: 'pre-deployment' as const, steps: [[check]] }];
  expect(stepsOf({ ...plan, phases }, 'pre-deployment')).toEqual([[check]]);
  expect(stepsOf({ ...plan, phases }, 'post-deployment')).toEqual([]);
});

test.each([
  { phases: [], promotions: [], roles: ['post', 'fail'] },
  { phases: [], promotions: [promotion], roles: ['promote', 'fail'] },
  { phases: ['pre-deployment' as const], promotions: [], roles: ['pre', 'post', 'fail'] },
  { phases: ['post-deployment' as const], promotions: [promotion], roles: ['post', 'promote', 'fail'] },
  {
    phases: ['pre-deployment' as const, 'post-deployment' as const],
    promotions: [promotion],
    roles: ['pre', 'post', 'promote', 'fail'],
  },
])('the hooks of $phases and $promotions.length promotions are $roles', ({ phases, promotions, roles }) => {
  const steps = phases.map((name) => ({ name, steps: [[check]] }));
  expect(rolesOf({ ...plan, phases: steps, promotions })).toEqual(roles);
});

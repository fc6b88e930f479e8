import { describe, expect, it } from 'vitest';
import { operationOf, readHookEnvironment } from './environment.ts';
import { secretValues } from './secret-values.ts';

const env = {
  STAGELINE_PLAN: '{"version":1,"namespace":"shop"}',
  STAGELINE_ROLE: 'pre',
  STAGELINE_JOB_NAME: 'sl-shop-pre-abc1234-presync-1788000000',
};

describe('readHookEnvironment', () => {
  it('takes the operation from the name that Argo CD made', () => {
    expect(readHookEnvironment(env)).toMatchObject({
      role: 'pre',
      operation: '1788000000',
      namespace: 'shop',
    });
    expect(operationOf('sl-a-promote-abc1234-postsync-12')).toBe('12');
    expect(operationOf('sl-a-fail-abc1234-SyncFail-12')).toBe('12');
  });

  it.each([
    [{ STAGELINE_PLAN: '' }, /holds no plan/],
    [{ STAGELINE_PLAN: '{"version":7}' }, /version 7/],
    [{ STAGELINE_ROLE: 'other' }, /STAGELINE_ROLE is "other"/],
    [{ STAGELINE_JOB_NAME: undefined }, /STAGELINE_JOB_NAME is not set/],
    [{ STAGELINE_JOB_NAME: 'made-by-hand' }, /does not end in the phase and start of an operation/],
  ])('refuses %j', (more, reason) => {
    expect(() => readHookEnvironment({ ...env, ...more })).toThrow(reason);
  });
});

describe('secretValues', () => {
  it('are the Git token and what the plan takes from Secrets', () => {
    const plan = JSON.stringify({ secretEnv: [{ name: 'A', secret: 's', key: 'k' }, { name: 'B' }, 'x'] });
    expect(secretValues({ STAGELINE_PLAN: plan, STAGELINE_GIT_TOKEN: 't', A: 'a', C: 'c' })).toEqual([
      't',
      'a',
    ]);
    expect(secretValues({ STAGELINE_PLAN: 'nonsense' })).toEqual([]);
  });
});

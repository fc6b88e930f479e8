/** Promotions by workflow dispatch at the GitHub stand-in. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PromotionWay } from '../../core/plan.ts';
import { runGit } from '../hooks/support/repositories.ts';
import { OPERATION } from '../hooks/support/world.ts';
import { startPromotionWorld, type PromotionWorld } from './support/world.ts';

let world: PromotionWorld;

beforeEach(async () => {
  world = await startPromotionWorld();
});

afterEach(async () => {
  await world.close();
  expect(world.github.violations).toEqual([]);
});

const way: PromotionWay = { kind: 'workflow', file: 'promote.yaml', inputs: {} };
const runs = () => world.github.repository('acme/shop').runs;
const lost = { kind: 'drop', when: 'after', method: 'POST', path: /\/dispatches$/ } as const;

describe('a promotion by workflow', () => {
  it('tells the workflow its trace parent alone, and links to the run', async () => {
    expect((await world.run('promote', world.plan({ way }))).exitCode).toBe(0);
    expect(runs()).toMatchObject([
      { workflow: 'promote.yaml', ref: 'main', inputs: { traceParent: world.promotion()?.traceparent } },
    ]);
    expect(Object.keys(runs()[0]?.inputs ?? {})).toEqual(['traceParent']);
    expect(world.promotion()).toMatchObject({
      status: 'done',
      message: 'workflow promote.yaml was dispatched for frontend.tag v2',
      url: expect.stringContaining('/actions/runs/'),
    });
  });

  it('runs on the default branch, whatever its name, where the Application tracks HEAD', async () => {
    const git = (...args: string[]): string => runGit(['--git-dir', `${world.folder}/shop.git`, ...args]);
    git('branch', 'trunk', 'main');
    git('symbolic-ref', 'HEAD', 'refs/heads/trunk');
    await world.run('promote', world.plan({ way, base: 'HEAD' }));
    expect(runs()).toMatchObject([{ ref: 'trunk' }]);
  });

  it('tells it what the pipeline file declares', async () => {
    const inputs = { version: '{version:frontend.tag}' };
    await world.run('promote', world.plan({ way: { ...way, inputs } }));
    expect(runs()[0]?.inputs).toMatchObject({ version: 'v2' });
  });

  it('is a failure that names the input which the workflow does not declare', async () => {
    const inputs = { release: '{freight}' };
    const end = await world.run('promote', world.plan({ way: { ...way, inputs } }));
    expect(end.exitCode).toBe(1);
    expect(world.promotion()).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('release'),
    });
    await world.run('fail', world.plan({ way }));
    // It surely did not happen, so the next try neither waits nor looks for it.
    await world.run('promote', world.plan({ way }), { operation: OPERATION + 60 });
    expect(runs()).toHaveLength(1);
    expect(world.promotion()?.status).toBe('done');
  });

  it.each([
    ['a workflow that is not there', { ...way, file: 'other.yaml' }, /other\.yaml/],
    ['a place that nothing fills in', { ...way, inputs: { version: '{version:none}' } }, /\{version:none\}/],
  ])('is a failure that names %s', async (_what, wrong, message) => {
    expect((await world.run('promote', world.plan({ way: wrong }))).exitCode).toBe(1);
    expect(world.promotion()).toMatchObject({ status: 'failed', message: expect.stringMatching(message) });
    expect(runs()).toEqual([]);
  });

  it('is dispatched once though the host’s answer was lost', { timeout: 60_000 }, async () => {
    world.github.faults.push(lost);
    await world.run('promote', world.plan({ way }));
    expect(runs()).toHaveLength(1);
    expect(world.promotion()).toMatchObject({
      status: 'done',
      url: expect.stringContaining('/actions/runs/'),
    });
  });

  it('says that it cannot know, and dispatches no second time, where runs do not say what began them', async () => {
    await world.close();
    world = await startPromotionWorld({
      workflows: { 'promote.yaml': { inputs: ['traceParent'], runName: 'Promote' } },
    });
    world.github.faults.push(lost);
    expect((await world.run('promote', world.plan({ way }))).exitCode).toBe(1);
    expect(world.promotion()).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/^PROMOTION_DISPATCH_UNCLEAR.*run-name/),
    });
    await world.run('fail', world.plan({ way }));
    expect((await world.run('promote', world.plan({ way }))).exitCode).toBe(1);
    expect(runs()).toHaveLength(1);
  });

  it('is needless where the target has the version', async () => {
    world.commit({ 'charts/prod/values.yaml': 'frontend:\n  tag: v2\n' }, 'By hand');
    await world.run('promote', world.plan({ way }));
    expect(world.promotion()?.status).toBe('unchanged');
    expect(runs()).toEqual([]);
  });
});

/** Many promotions at once into one branch, over HTTP. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { promote } from '../../hooks/promotion/promote.ts';
import { planFor, startHookWorld, type HookWorld } from '../hooks/support/world.ts';
import { orderOf, toolsFor } from './support/order.ts';
import { TOKEN } from './support/world.ts';

/** Twenty, into a large repository, is a benchmark. */
const COUNT = 8;

let world: HookWorld;

beforeEach(async () => {
  world = await startHookWorld();
});

afterEach(() => world.close());

describe('promotions at once into one branch', () => {
  it('all land, none lost and none doubled', { timeout: 300_000 }, async () => {
    const names = Array.from({ length: COUNT }, (_, index) => `eu-${index + 1}`);
    const values = Object.fromEntries(
      names.map((name) => [`charts/${name}/values.yaml`, `# ${name}\nfrontend:\n  tag: v1\n`]),
    );
    world.commit(values, 'Add the targets');
    const tools = toolsFor({ STAGELINE_GIT_USERNAME: 'stageline', STAGELINE_GIT_TOKEN: TOKEN });
    const ends = await Promise.all(
      names.map((name, index) => {
        const plan = planFor(world, { promotions: [{ target: name, targetPath: `charts/${name}` }] });
        const traceId = (index + 1).toString(16).padStart(32, '0');
        return promote(tools, orderOf({ ...plan, stage: 'dev', definition: name }, traceId));
      }),
    );
    expect(ends.map(({ status }) => status)).toEqual(names.map(() => 'done'));
    const subjects = world.gitLog('%(trailers:key=Stageline-stage,valueonly)').filter((line) => line !== '');
    expect(subjects.toSorted()).toEqual(names.toSorted());
    for (const name of names) {
      expect(world.show(`charts/${name}/values.yaml`)).toBe(`# ${name}\nfrontend:\n  tag: v2\n`);
    }
    // One line of commits: nobody's work was merged away or forced over.
    expect(world.gitLog('%p').every((parents) => !parents.includes(' '))).toBe(true);
  });

  it('of the same freight into the same target make one commit', { timeout: 120_000 }, async () => {
    const tools = toolsFor({ STAGELINE_GIT_USERNAME: 'stageline', STAGELINE_GIT_TOKEN: TOKEN });
    const before = world.gitLog('%H').length;
    const ends = await Promise.all(
      Array.from({ length: 5 }, (_, index) => {
        const plan = planFor(world, { promotions: [{}] });
        return promote(tools, orderOf({ ...plan, definition: `${index}` }, `${index + 1}`.repeat(32)));
      }),
    );
    expect(ends.map(({ status }) => status).toSorted()).toEqual([
      'done',
      'unchanged',
      'unchanged',
      'unchanged',
      'unchanged',
    ]);
    expect(world.gitLog('%H')).toHaveLength(before + 1);
  });
});

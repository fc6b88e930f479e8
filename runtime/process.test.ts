import { expect, test } from 'vitest';
import { run } from './process.ts';

/**
 * A program that starts another one on its own stdout, which writes as soon as `when` holds and ends only when nobody
 * reads it any more.
 */
function leavesOneBehind(when: string, last: string): string[] {
  const left = `
    process.stdout.on('error', () => process.exit(0));
    setInterval(() => { if (${when}) process.stdout.write('text'); }, 10);`;
  const program = `
    require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(left)}, process.pid], {
      stdio: ['ignore', 'inherit', 'inherit'], detached: true,
    }).unref();
    ${last}`;
  return ['-e', program];
}

test.each([
  ['runs', 'true', 'setInterval(() => {}, 1000)'],
  ['has ended', 'process.ppid !== Number(process.argv[1])', ''],
])('a program that %s is given up although another one holds its output', async (_, when, last) => {
  const running = run(process.execPath, leavesOneBehind(when, last), {
    env: {},
    maxBytes: 1,
    detached: false,
  });
  await expect(running).rejects.toMatchObject({ code: 'OUTPUT_TOO_LARGE' });
});

test('what a program leaves behind is read to its end while nothing stops it', async () => {
  const left = `setTimeout(() => process.stdout.write('last'), 50);`;
  const program = `
    require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(left)}], {
      stdio: ['ignore', 'inherit', 'inherit'],
    }).unref();
    require('node:fs').writeSync(1, 'first, ');`;
  const ended = await run(process.execPath, ['-e', program], { env: {} });
  expect(ended.stdout.toString()).toBe('first, last');
});

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('leaves no process and no file when the program ends without closing', async () => {
  const testing = new URL('testing.ts', import.meta.url).href;
  const program = `
    const { startBed, scriptJob, eventually, podsNamed, namespace } = await import(${JSON.stringify(testing)});
    const bed = await startBed();
    bed.store.create(scriptJob('left', "console.log(process.env.HOME); process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"));
    const pod = await eventually(bed.store, () => podsNamed(bed.store, 'left-').find((one) => one.status.phase === 'Running'));
    const log = bed.controllers.podLogs.open({ namespace, name: pod.metadata.name }, 'main', false);
    const done = ({ text }) => {
      console.log(JSON.stringify({ home: text, pid: bed.controllers.processes()[0].pid }));
      process.exit(0);
    };
    log.lines().forEach(done);
    log.follow(done, () => {});
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const line = (await child.stdout.toArray()).join('');
  expect(await exited).toBe(0);
  const { home, pid }: { home: string; pid: number } = JSON.parse(line);
  expect(existsSync(join(home, '../..'))).toBe(false);
  await expect.poll(() => isRunning(pid)).toBe(false);
});

async function isRunning(pid: number): Promise<boolean> {
  const ps = spawn('ps', ['-o', 'stat=', '-p', String(pid)], { stdio: ['ignore', 'pipe', 'ignore'] });
  const state = (await ps.stdout.toArray()).join('').trim();
  return state !== '' && !state.startsWith('Z');
}

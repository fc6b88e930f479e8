import { describe, expect, it } from 'vitest';
import { createLogBuffer } from './log-buffer.ts';
import { expand } from './pod-environment.ts';
import { rewriteMounts } from './pod-files.ts';
import { commandLine } from './programs.ts';
import { startProcess } from './processes.ts';
import { backoff } from './timings.ts';

describe('mount paths', () => {
  const mounts = new Map([
    ['/etc/app', '/t/a'],
    ['/etc/app/tls', '/t/b'],
    ['/tmp', '/t/c'],
  ]);

  it.each([
    ['/etc/app', '/t/a'],
    ['/etc/app/x.yaml', '/t/a/x.yaml'],
    ['/etc/app/tls/key', '/t/b/key'],
    ['--config=/etc/app/x', '--config=/t/a/x'],
    ['cat "/etc/app/x" > /tmp/out', 'cat "/t/a/x" > /t/c/out'],
    ['file:///etc/app/x', 'file:///t/a/x'],
    ['/etc/app:/tmp', '/t/a:/t/c'],
  ])('become local ones where a path begins: %s', (text, local) => {
    expect(rewriteMounts(text, mounts)).toBe(local);
  });

  it.each(['/etc/apple', '/etc/app.conf', 'http://host/etc/app', '/var/tmp', '/srv/etc/app', 'no path'])(
    'leave %s alone',
    (text) => {
      expect(rewriteMounts(text, mounts)).toBe(text);
    },
  );
});

describe('variables in arguments', () => {
  it.each([
    ['$(A)', '1'],
    ['$(A)$(B)', '1$(B)'],
    ['$$(A)', '$(A)'],
    ['$A', '$A'],
  ])('expand as Kubernetes does: %s', (text, expanded) => {
    expect(expand(text, { A: '1' })).toBe(expanded);
  });
});

describe('images', () => {
  it('run with the container’s arguments behind the entrypoint', () => {
    const line = commandLine(
      { command: ['node', 'x.js'] },
      { image: 'a', command: undefined, args: ['run'] },
    );
    expect(line).toEqual({ argv: ['node', 'x.js', 'run'] });
  });

  it('have their own files at other places on this machine', () => {
    const program = { command: [], allowCommand: true, places: { node: '/opt/node', '/app/': '/src/dist/' } };
    const line = commandLine(program, {
      image: 'a',
      command: ['node', '/app/x.cjs'],
      args: ['node.js', '/apple', 'run'],
    });
    expect(line).toEqual({ argv: ['/opt/node', '/src/dist/x.cjs', 'node.js', '/apple', 'run'] });
  });
});

describe('a log', () => {
  const now = () => new Date('2026-08-22T10:00:00.123Z');

  it('has a time for each line, in their order even within one millisecond', () => {
    const log = createLogBuffer(now);
    log.append(Buffer.from('one\r\ntwo\n'), 'stdout');
    expect(log.lines()).toEqual([
      { time: '2026-08-22T10:00:00.123000001Z', text: 'one' },
      { time: '2026-08-22T10:00:00.123000002Z', text: 'two' },
    ]);
  });

  it('joins characters and lines that arrive in pieces, stream by stream', () => {
    const log = createLogBuffer(now);
    const bytes = Buffer.from('grün\n');
    log.append(bytes.subarray(0, 3), 'stdout');
    log.append(Buffer.from('err\n'), 'stderr');
    log.append(bytes.subarray(3), 'stdout');
    log.append(Buffer.from('last'), 'stdout');
    log.end();
    expect(log.lines().map(({ text }) => text)).toEqual(['err', 'grün', 'last']);
  });

  it('keeps the newest mebibyte', () => {
    const log = createLogBuffer(now);
    for (let index = 0; index < 3000; index += 1)
      log.append(Buffer.from(`${index} ${'x'.repeat(1000)}\n`), 'stdout');
    const kept = log.lines();
    expect(kept.at(-1)?.text).toMatch(/^2999 /);
    expect(kept.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(1024 * 1024);
    expect(kept.length).toBeGreaterThan(1000);
  });

  it('cuts endless lines', () => {
    const log = createLogBuffer(now);
    log.append(Buffer.alloc(200_000, 'x'), 'stdout');
    log.end();
    expect(log.lines().map(({ text }) => text.length)).toEqual([65_536, 65_536, 65_536, 3392]);
  });

  it('tells a late follower that it has ended', () => {
    const log = createLogBuffer(now);
    log.end();
    let ended = false;
    log.follow(
      () => undefined,
      () => (ended = true),
    );
    expect(ended).toBe(true);
  });
});

describe('a process', () => {
  it('ends although something that left its group still holds its output', async () => {
    const script =
      "const c = require('child_process').spawn('sleep', ['3'], { detached: true, stdio: 'inherit' }); console.log(c.pid); c.unref()";
    let output = '';
    const process_ = startProcess({
      argv: [process.execPath, '-e', script],
      env: { PATH: process.env['PATH'] ?? '' },
      cwd: '/',
      onOutput: (chunk) => (output += chunk.toString()),
    });
    expect(await process_.exited).toEqual({ kind: 'exited', exitCode: 0, signal: 0 });
    process.kill(Number(output), 'SIGKILL');
  });

  it('reports the signal that ended it as a shell would', async () => {
    const process_ = startProcess({
      argv: ['sleep', '60'],
      env: { PATH: process.env['PATH'] ?? '' },
      cwd: '/',
      onOutput: () => undefined,
    });
    process_.terminate();
    expect(await process_.exited).toEqual({ kind: 'exited', exitCode: 143, signal: 15 });
  });
});

describe('waits', () => {
  it('double up to their limit', () => {
    expect([1, 2, 3, 9].map((count) => backoff(count, 10, 300))).toEqual([10, 20, 40, 300]);
  });
});

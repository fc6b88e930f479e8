/** The demo as a process: it ends clean whenever it is told to, and says what is wrong in one line. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { repositoryRoot, runDemo } from './run-demo.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'stageline-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Processes whose environment names this folder as theirs; the demo hands TMPDIR on to all it starts. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
      } catch {
        return false; // It ended between the listing and the reading.
      }
    });
}

/** Starts the demo and interrupts it when its output has the text; resolves when it has ended. */
function interruptAt(text: string, folder: string): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['sandbox/demo/main.ts', '--port', '0'], {
      cwd: repositoryRoot,
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let told = false;
    const look = (chunk: Buffer): void => {
      output += chunk.toString();
      if (!told && output.includes(text)) {
        told = true;
        child.kill('SIGINT');
      }
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, output }));
  });
}

describe.runIf(process.platform === 'linux')('Ctrl-C', () => {
  test.each([
    ['while it starts', 'Starting'],
    ['while the first version is delivered', 'delivering'],
    ['during a load test', 'backend-answers'],
    ['while a version travels', 'Committing v2'],
  ])('%s leaves no process and no folder', async (_when, text) => {
    const folder = mkdtempSync(path.join(directory, 'tmp-'));
    const { exitCode, output } = await interruptAt(text, folder);
    expect(output).toContain(text);
    expect(exitCode).toBe(130);
    await expect.poll(() => processesOf(folder), { timeout: 15_000 }).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a start that cannot be', () => {
  test('on a port that is taken says so, and what to do', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const run = await runDemo(['--port', String(port)]);
    server.close();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(String(port));
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('in a folder that holds a demo already touches nothing in it', async () => {
    const used = path.join(directory, 'used');
    mkdirSync(path.join(used, 'shop.git'), { recursive: true });
    const run = await runDemo(['--once', '--keep', used]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('DEMO_FOLDER_USED');
    expect(readdirSync(used)).toEqual(['shop.git']);
  });

  test('without Git says how to get it', () => {
    const bin = path.join(directory, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, path.join(bin, 'node'));
    const run = spawnSync(process.execPath, ['scripts/demo.mjs'], {
      cwd: repositoryRoot,
      env: { PATH: bin },
      encoding: 'utf8',
    });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('Git is missing. Install it');
  });
});

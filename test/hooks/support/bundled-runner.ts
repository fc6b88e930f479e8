/** The hook runner in one file, as its image has it, for tests that run it as a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

export interface BundledRunner {
  /** Starts it with this environment, a place for temporary files among it. */
  start(env: NodeJS.ProcessEnv): ChildProcess;
  close(): void;
}

export async function bundleRunner(): Promise<BundledRunner> {
  const folder = mkdtempSync(path.join(tmpdir(), 'stageline-crash-'));
  const file = path.join(folder, 'hooks.cjs');
  await build({
    entryPoints: [path.join(import.meta.dirname, '../../../hooks/main.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    outfile: file,
    logLevel: 'error',
  });
  return {
    start(env) {
      const child = spawn(process.execPath, [file, 'run'], {
        env: { ...env, NODE_COMPILE_CACHE: path.join(folder, 'compile-cache') },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child.stderr.resume();
      return child;
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

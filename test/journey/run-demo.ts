/** Runs the demo as a user does and reads what it left behind. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readLedger } from '../../core/ledger/read.ts';
import type { Ledger } from '../../core/ledger/types.ts';
import type { DemoReport } from '../../sandbox/demo/report.ts';
import { decodeTraces, type ReceivedSpan } from '../../sandbox/otlp/index.ts';

export const repositoryRoot = path.resolve(import.meta.dirname, '../..');

export interface DemoRun {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** The demo with the given arguments, to its end. */
export function runDemo(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<DemoRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['sandbox/demo/main.ts', ...args], {
      cwd: repositoryRoot,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

/** The one JSON document on stdout; throws, with what the demo said, if there is none or anything else. */
export function reportFrom(run: DemoRun): DemoReport {
  try {
    return JSON.parse(run.stdout) as DemoReport;
  } catch (cause) {
    throw new Error(`no report, exit code ${run.exitCode}: ${run.stderr}`, { cause });
  }
}

/** The ledger that the demo kept for an application. */
export function keptLedger(directory: string, application: string): Ledger {
  const reading = readLedger(readFileSync(path.join(directory, 'ledgers', `${application}.json`), 'utf8'));
  if (reading.kind !== 'ledger') throw new Error(`no ledger of ${application}: ${reading.kind}`);
  return reading.ledger;
}

/** Every span that the demo's receiver got, decoded from the bytes that it kept. */
export function keptSpans(directory: string): ReceivedSpan[] {
  const folder = path.join(directory, 'otlp');
  return readdirSync(folder)
    .toSorted()
    .flatMap((file) => decodeTraces(readFileSync(path.join(folder, file))));
}

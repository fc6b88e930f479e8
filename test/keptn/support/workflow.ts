/** Runs the shell steps of a GitHub workflow as a runner does, in a clone of the repository, with a `gh` of our own. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';

export interface WorkflowRun {
  /** Bare repository that is cloned and pushed to. */
  bare: string;
  /** Folder to work in. */
  directory: string;
  /** Of the workflow file in the repository. */
  workflow: string;
  inputs: Record<string, unknown>;
  /** `owner/name`, and where the API is. */
  repository: string;
  apiUrl: string;
  token: string;
}

interface Step {
  id?: string;
  uses?: string;
  if?: string;
  env?: Record<string, string>;
  run?: string;
}

const execute = promisify(execFile);

/** What each step that ran printed. Rejects if one fails. */
export async function runWorkflow(run: WorkflowRun): Promise<string[]> {
  const folder = mkdtempSync(join(run.directory, 'workflow-'));
  const clone = join(folder, 'clone');
  await execute('git', ['clone', '--quiet', run.bare, clone]);
  const text = readFileSync(join(clone, '.github/workflows', run.workflow), 'utf8');
  const { jobs } = parse(text) as { jobs: Record<string, { steps: Step[] }> };
  const gh = installGh(folder);
  const outputs = new Map<string, string>();
  const fill = (value: string): string =>
    value.replace(/\$\{\{\s*([\w.]+)\s*\}\}/g, (_, path: string) => contextValue(path, { run, outputs }));
  const printed: string[] = [];
  for (const step of Object.values(jobs).flatMap((job) => job.steps)) {
    if (step.run === undefined || (step.if !== undefined && fill(`\${{ ${step.if} }}`) === '')) continue;
    // What a runner writes into the script itself, a script of this repository must not ask for.
    if (step.run.includes('${{')) throw new Error('the script has an expression in it');
    const outputFile = join(folder, 'output');
    writeFileSync(outputFile, '');
    const env = Object.fromEntries(
      Object.entries(step.env ?? {}).map(([name, value]) => [name, fill(value)]),
    );
    const { stdout } = await execute('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], {
      cwd: clone,
      env: {
        PATH: `${gh}:${process.env['PATH']}`,
        HOME: folder,
        GITHUB_OUTPUT: outputFile,
        GITHUB_API_URL: run.apiUrl,
        GITHUB_REPOSITORY: run.repository,
        ...env,
      },
    });
    printed.push(stdout);
    for (const line of readFileSync(outputFile, 'utf8').split('\n').filter(Boolean)) {
      const equals = line.indexOf('=');
      outputs.set(`steps.${step.id}.outputs.${line.slice(0, equals)}`, line.slice(equals + 1));
    }
  }
  rmSync(folder, { recursive: true, force: true });
  return printed;
}

function contextValue(
  path: string,
  from: { run: WorkflowRun; outputs: ReadonlyMap<string, string> },
): string {
  if (path === 'secrets.GITHUB_TOKEN') return from.run.token;
  const input = /^inputs\.(\w+)$/.exec(path)?.[1];
  return input === undefined ? (from.outputs.get(path) ?? '') : String(from.run.inputs[input] ?? '');
}

function installGh(folder: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const script = join(import.meta.dirname, 'gh.mjs');
  writeFileSync(join(bin, 'gh'), `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`);
  chmodSync(join(bin, 'gh'), 0o755);
  return bin;
}

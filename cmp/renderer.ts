/** Runs Helm, Kustomize and their like: bounded, quiet, and with the reason of a failure said once. */
import { StagelineError } from '../core/errors.ts';
import { run, type RunResult } from '../runtime/process.ts';
import { leadsItsGroup } from './deadline.ts';
import { scrub } from './scrub.ts';

export interface RendererRun {
  program: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  input?: string;
  signal: AbortSignal;
  maxBytes: number;
}

/**
 * Runs a renderer whose output is piped into memory. Not into a file: Helm ignores errors of writing, so that a full
 * disk would give half a render and exit code 0.
 */
export async function runRenderer(options: RendererRun): Promise<RunResult> {
  try {
    return await run(options.program, options.args, {
      cwd: options.cwd,
      env: options.env,
      signal: options.signal,
      maxBytes: options.maxBytes,
      detached: !leadsItsGroup(),
      ...(options.input === undefined ? {} : { input: options.input }),
    });
  } catch (error) {
    if (!(error instanceof StagelineError) || error.code !== 'OUTPUT_TOO_LARGE') throw error;
    const mib = Math.floor(options.maxBytes / 1024 / 1024);
    throw new StagelineError(`the render has more than ${mib} MiB`, {
      code: 'RENDER_TOO_LARGE',
      hint: 'Split the application, or raise STAGELINE_MAX_RENDER_MIB in the sidecar',
      cause: error,
    });
  }
}

export interface Failure {
  code: string;
  /** What failed, for example `helm template charts/shop`. */
  what: string;
  hint: string;
  /** Values that must not be printed. */
  secrets: readonly string[];
}

/** The error of a renderer that ended with a code: its own reason, once and without secrets. */
export function renderFailed(result: RunResult, failure: Failure): StagelineError {
  const reason = scrub(reasonOf(result.stderr), failure.secrets) || endOf(result);
  return new StagelineError(`${failure.what} failed: ${reason.replace(/[.\s]+$/, '')}`, {
    code: failure.code,
    hint: failure.hint,
  });
}

/** The last `Error:` and what follows; without one the last lines. Advice to use --debug is no reason. */
function reasonOf(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) =>
        line !== '' && !line.startsWith('Use --debug flag') && !/^(level=|WARNING:|walk\.go:|# )/.test(line),
    );
  const start = lines.findLastIndex((line) => /^(Error|error):/.test(line));
  const reason = (start >= 0 ? lines.slice(start) : lines.slice(-3)).join(' ');
  return reason.replace(/^(Error|error):\s*/, '').slice(0, 2000);
}

function endOf(result: RunResult): string {
  return result.signal === null ? `exit code ${result.exitCode}` : `killed by ${result.signal}`;
}

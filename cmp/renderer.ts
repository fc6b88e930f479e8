/** Runs Helm, Kustomize and their like within bounds. */
import { StagelineError } from '../core/errors.ts';
import { run, type RunResult } from '../runtime/process.ts';
import { leadsItsGroup } from './deadline.ts';
import type { HeadStart } from './head-start.ts';

export interface RendererRun {
  program: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  input?: string;
  signal: AbortSignal;
  maxBytes: number;
  /** Where the same command may be running already; only for one without secrets. */
  headStart?: HeadStart | undefined;
}

/**
 * Runs a renderer whose output is piped into memory. Not into a file: Helm ignores errors of writing, so that a full
 * disk would give half a render and exit code 0.
 */
export async function runRenderer(options: RendererRun): Promise<RunResult> {
  const { headStart } = options;
  try {
    const early = await headStart?.take(options, options);
    if (early?.exitCode === 0) {
      headStart?.wish(options);
      return early;
    }
    const result = await run(options.program, options.args, {
      cwd: options.cwd,
      env: options.env,
      signal: options.signal,
      maxBytes: options.maxBytes,
      detached: !leadsItsGroup(),
      ...(options.input === undefined ? {} : { input: options.input }),
    });
    if (result.exitCode === 0) headStart?.wish(options);
    return result;
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

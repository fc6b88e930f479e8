/** What went wrong in Helm, Kustomize and their like: their own reason, said once and without secrets. */
import { StagelineError } from '../core/errors.ts';
import type { RunResult } from '../runtime/process.ts';
import { scrub } from './scrub.ts';

const MAX_REASON = 2000;

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
  // Cut only when it is clean: half a secret is none that can be found.
  const reason = scrub(reasonOf(result.stderr), failure.secrets).slice(0, MAX_REASON) || endOf(result);
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
  return reason.replace(/^(Error|error):\s*/, '');
}

function endOf(result: RunResult): string {
  return result.signal === null ? `exit code ${result.exitCode}` : `killed by ${result.signal}`;
}

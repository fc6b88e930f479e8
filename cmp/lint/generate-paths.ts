/**
 * Whether the annotation `manifest-generate-paths` covers what a render reads. Argo CD renders anew only when a file
 * below one of its paths changes (util/app/path in Argo CD): an input that it misses changes without a render.
 */
import { matchesGlob, posix } from 'node:path';

/** Inputs that no path of the annotation covers; both repository-relative. */
export function uncoveredInputs(
  annotation: string,
  applicationPath: string,
  inputs: readonly string[],
): string[] {
  const covered = annotation
    .split(';')
    .map((path) => path.trim())
    .filter((path) => path !== '')
    .map((path) => (path.startsWith('/') ? path.slice(1) || '.' : posix.join(applicationPath, path)))
    .map((path) => posix.normalize(path).replace(/\/$/, ''));
  return inputs.filter((input) => !covered.some((path) => covers(path, input)));
}

function covers(path: string, input: string): boolean {
  if (path === '.' || path === input || input.startsWith(`${path}/`)) return true;
  return /[*?[]/.test(path) && matchesGlob(input, path);
}

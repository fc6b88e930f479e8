/**
 * Whether the annotation `manifest-generate-paths` covers what a render reads. Argo CD renders anew only when a file
 * that changed is below one of its paths or matches one (util/app/path in Argo CD): an input that it misses changes
 * without a render.
 */
import { posix } from 'node:path';
import { pathMatch } from './path-match.ts';

/**
 * Inputs that no path of the annotation covers; both repository-relative. `files` are those of the repository: a
 * pattern matches files and never a folder, so it covers a folder only if it matches what is in it.
 */
export function uncoveredInputs(
  annotation: string,
  application: { path: string; inputs: readonly string[] },
  files: readonly string[],
): string[] {
  const covers = annotation
    .split(';')
    .map((path) => path.trim())
    .filter((path) => path !== '')
    .map((path) => coverOf(path.startsWith('/') ? path : posix.join('/', application.path, path)));
  // Without paths Argo CD renders on every change.
  if (covers.length === 0) return [];
  return application.inputs.filter((input) => {
    const inside = files.filter((file) => input === '.' || file.startsWith(`${input}/`));
    const isCovered = (path: string, how: 'holds' | 'matches'): boolean =>
      covers.some((cover) => cover[how](path));
    if (isCovered(input, 'holds')) return false;
    if (inside.length === 0) return !isCovered(input, 'matches');
    return !inside.every((file) => isCovered(posix.dirname(file), 'holds') || isCovered(file, 'matches'));
  });
}

/** Which repository-relative paths a path of the annotation is or holds, and which files it matches as a pattern. */
interface Cover {
  holds(path: string): boolean;
  matches(file: string): boolean;
}

function coverOf(path: string): Cover {
  const folder = posix.normalize(path).replace(/\/+$/, '');
  const pattern = isPattern(path) ? pathMatch(path) : undefined;
  return {
    holds: (other) => `${posix.join('/', other)}/`.startsWith(`${folder}/`),
    matches: (file) => pattern?.test(posix.join('/', file)) ?? false,
  };
}

/** Whether a path of the annotation means more than itself. */
export function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}

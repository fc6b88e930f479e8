/** A chart's dependencies on other charts of the repository: their commits are the application's too. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveInside, type Place } from '../place.ts';

/**
 * Absolute paths of the `file://` dependencies of a chart, and of theirs. Found by lines, since the parser
 * is not loaded yet; a path that leads out of the repository is an error.
 */
export function localDependencies(place: Place): string[] {
  const found = new Set<string>();
  const visit = (folder: string): void => {
    const file = join(folder, 'Chart.yaml');
    if (!existsSync(file)) return;
    const text = readFileSync(file, 'utf8');
    for (const match of text.matchAll(
      /^[ \t-]*["']?repository["']?[ \t]*:[ \t]*["']?file:\/\/([^"'#\s]+)/gm,
    )) {
      const absolute = resolveInside({ ...place, dir: folder }, match[1] ?? '', 'chart dependency');
      if (found.has(absolute)) continue;
      found.add(absolute);
      visit(absolute);
    }
  };
  visit(place.dir);
  return [...found];
}

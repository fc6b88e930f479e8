/** A chart's dependencies on other charts of the repository: their commits are the application's too. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveInside, type Place } from '../place.ts';

/** Where a chart may name dependencies; the second one of old, which Helm still reads. */
const FILES = ['Chart.yaml', 'requirements.yaml'];

/**
 * Absolute paths of the `file://` dependencies of a chart, and of theirs. Found by their scheme, however they are
 * written, since the parser is not loaded yet: one that is too many does no harm. Errors: `PATH_OUTSIDE`.
 */
export function localDependencies(place: Place): string[] {
  const found = new Set<string>();
  const visit = (folder: string): void => {
    for (const name of FILES) {
      const file = join(folder, name);
      if (!existsSync(file)) continue;
      for (const path of pathsIn(readFileSync(file, 'utf8'), folder)) {
        const absolute = resolveInside({ ...place, dir: folder }, path, 'chart dependency');
        if (found.has(absolute)) continue;
        found.add(absolute);
        visit(absolute);
      }
    }
  };
  visit(place.dir);
  return [...found];
}

function pathsIn(text: string, folder: string): string[] {
  // Lines that are comments name nothing.
  const bare = text.replace(/^[ \t]*#.*/gm, '');
  return [...bare.matchAll(/(["']?)file:\/\/(?=(.*))/g)].map(([, quote, rest = '']) => {
    if (quote) return rest.split(quote, 1).join();
    const line = rest.replace(/\s#.*/, '').trim();
    // What ends a path in braces may be a part of it elsewhere.
    return existsSync(join(folder, line)) ? line : line.replace(/[\s,}\]"'].*/, '');
  });
}

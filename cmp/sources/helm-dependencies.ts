/** A chart's dependencies: built only when they are missing, one build at a time on one cache. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryPath, resolveInside, type Place } from '../place.ts';
import { renderFailed, runRenderer } from '../renderer.ts';
import { withLock } from '../slots.ts';
import { helmFolders } from './helm-environment.ts';
import type { SourceContext } from './types.ts';

/**
 * Repository-relative paths of the `file://` dependencies of a chart, and of theirs. Found by lines, since the parser
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
  return [...found].map((absolute) => repositoryPath(place, absolute));
}

/** Runs `helm dependency build`. Errors: `HELM_DEPENDENCIES`. */
export async function buildDependencies(
  context: SourceContext,
  env: NodeJS.ProcessEnv,
  secrets: readonly string[],
): Promise<void> {
  const { cache, own } = helmFolders(context.settings);
  try {
    await withLock(`helm-cache:${cache}`, context.signal, async () => {
      const result = await runRenderer({
        program: context.settings.helm,
        args: ['dependency', 'build', '.', ...(context.settings.helmPlainHttp ? ['--plain-http'] : [])],
        cwd: context.place.dir,
        env,
        signal: context.signal,
        maxBytes: context.settings.maxRenderBytes,
      });
      if (result.exitCode === 0) return;
      throw renderFailed(result, {
        code: 'HELM_DEPENDENCIES',
        what: `helm dependency build ${context.place.path}`,
        hint: 'Check the repositories in Chart.yaml and their credentials, or commit charts/ with the chart',
        secrets,
      });
    });
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

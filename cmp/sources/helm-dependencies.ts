/** A chart's dependencies: built only when they are missing, one build at a time on one cache. */
import { rmSync } from 'node:fs';
import { renderFailed } from '../failure.ts';
import { runRenderer } from '../renderer.ts';
import { withLock } from '../slots.ts';
import { helmFolders } from './helm-environment.ts';
import type { SourceContext } from './types.ts';

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
      throw renderFailed(
        { ...result, stderr: reasonIn(result.stdout.toString()) ?? result.stderr },
        {
          code: 'HELM_DEPENDENCIES',
          what: `helm dependency build ${context.place.path}`,
          hint: 'Check the repositories in Chart.yaml and their credentials, or commit charts/ with the chart',
          secrets,
        },
      );
    });
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Helm tells on stdout why an index could not be fetched, and on stderr only that it has none. */
function reasonIn(stdout: string): string | undefined {
  const start = stdout.indexOf('Unable to get an update from');
  if (start < 0) return undefined;
  const [first = '', second = ''] = stdout.slice(start).split('\n');
  return `Error: ${first.trim()} ${second.trim()}`;
}

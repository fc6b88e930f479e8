/** Kustomize: `kubectl kustomize`, or a kustomize program where the admin brings one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { renderFailed, runRenderer } from '../renderer.ts';
import { helmEnvironment } from './helm-environment.ts';
import type { Source, SourceContext } from './types.ts';

const NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** The name of a folder's kustomization, if it has one. */
export function findKustomization(folder: string): string | undefined {
  return NAMES.find((name) => existsSync(join(folder, name)));
}

/** Finds bases and options of a Kustomize build. */
export function prepareKustomize(context: SourceContext): Source {
  return {
    kind: 'kustomize',
    outside: [],
    needsVersion: false,
    valuesTraceparent: undefined,
    render: () => build(context),
  };
}

async function build(context: SourceContext): Promise<string> {
  const { place, settings } = context;
  const [program, args] =
    settings.kustomize === undefined
      ? [settings.kubectl, ['kustomize', '.', ...settings.kustomizeBuildOptions]]
      : [settings.kustomize, ['build', '.', ...settings.kustomizeBuildOptions]];
  const result = await runRenderer({
    program,
    args,
    cwd: place.dir,
    env: helmEnvironment(context),
    signal: context.signal,
    maxBytes: settings.maxRenderBytes,
  });
  if (result.exitCode === 0) return result.stdout.toString('latin1');
  throw renderFailed(result, {
    code: 'KUSTOMIZE_FAILED',
    what: `kustomize build ${place.path}`,
    hint: 'Run "stageline render" in the application’s folder to see the same',
    secrets: [],
  });
}

/** After a render that Helm did not make. */
import type { RunResult } from '../../runtime/process.ts';
import { renderFailed } from '../failure.ts';
import { keyValueLines, secretValues } from '../scrub.ts';
import { buildDependencies } from './helm-dependencies.ts';
import type { Prepared } from './helm.ts';
import type { SourceContext } from './types.ts';

const MISSING_DEPENDENCIES =
  /found in Chart\.yaml, but missing in charts\/ directory|dependencies.*missing in charts/;

/** Missing dependencies are built, and the render is tried again; anything else is Helm's own reason. */
export async function afterFailure(
  context: SourceContext,
  failed: {
    prepared: Prepared;
    result: RunResult;
    env: NodeJS.ProcessEnv;
    template: () => Promise<RunResult>;
  },
): Promise<string> {
  const { prepared, env } = failed;
  const { parameters } = context;
  const secrets = secretValues([
    ...Object.entries(parameters.map('parameters')),
    ...Object.entries(parameters.map('stringParameters')),
    ...prepared.texts.flatMap((text) => [...keyValueLines(text)]),
  ]);
  let { result } = failed;
  if (prepared.remote === undefined && MISSING_DEPENDENCIES.test(result.stderr)) {
    await buildDependencies(context, env, secrets);
    result = await failed.template();
    if (result.exitCode === 0) return result.stdout.toString('latin1');
  }
  throw renderFailed(result, {
    code: 'HELM_FAILED',
    what: `helm template ${prepared.remote?.chart ?? context.place.path}`,
    hint: 'Run "stageline render" in the application’s folder to see the same',
    secrets,
  });
}

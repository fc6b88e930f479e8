/** The Git hosts that Stageline knows. Another one is a folder beside these and a line in `modules`. */
import { StagelineError } from '../../../core/errors.ts';
import type { RepositoryAddress } from './address.ts';
import { gitea } from './gitea/index.ts';
import { github } from './github/index.ts';
import type { GitProvider, ProviderModule, ProviderOptions } from './types.ts';

export { actOnce } from './act-once.ts';
export { parseRepositoryAddress, type RepositoryAddress } from './address.ts';
export type * from './types.ts';

const modules: readonly ProviderModule[] = [github, gitea];

/**
 * The provider of a repository: named by `STAGELINE_GIT_PROVIDER`, else known by its host. Errors:
 * `PROVIDER_UNKNOWN`, `PROVIDER_CREDENTIALS`, `PROVIDER_ADDRESS`.
 */
export function openProvider(options: ProviderOptions): GitProvider {
  return moduleFor(options.repository, options.env['STAGELINE_GIT_PROVIDER']).open(options);
}

function moduleFor(repository: RepositoryAddress, name: string | undefined): ProviderModule {
  const wanted = name?.trim().toLowerCase();
  const found = wanted
    ? modules.find((module) => module.names.includes(wanted))
    : modules.find((module) => module.serves(repository));
  if (found) return found;
  const names = modules.flatMap((module) => module.names).join(', ');
  throw new StagelineError(
    wanted
      ? `there is no Git host provider "${wanted}"`
      : `${repository.host} does not say which kind of Git host it is`,
    {
      code: 'PROVIDER_UNKNOWN',
      hint: `Set promotion.provider of the stage in the pipeline file to one of ${names}`,
      blame: 'setup',
    },
  );
}

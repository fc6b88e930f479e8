/** The values in a hook's environment that no log line may show. */
import { PLAN_ENV } from '../core/plan.ts';
import { GIT_SECRET_ENV } from '../core/promotion/secret-env.ts';

/** Names of users and of Apps are none. */
const GIT_SECRETS = GIT_SECRET_ENV.flatMap(([name]) => (/_(TOKEN|KEY)$/.test(name) ? [name] : []));

/** Git's credentials, and what the plan's `secretEnv` brought from Secrets. A plan that cannot be read has none. */
export function secretValues(env: NodeJS.ProcessEnv): string[] {
  const names = [...GIT_SECRETS, ...secretNames(env[PLAN_ENV] ?? '')];
  return names.flatMap((name) => (env[name] ? [env[name]] : []));
}

function secretNames(planText: string): string[] {
  let plan: unknown;
  try {
    plan = JSON.parse(planText);
  } catch {
    // Said with its cure as soon as the plan itself is read.
    return [];
  }
  if (typeof plan !== 'object' || plan === null || !('secretEnv' in plan)) return [];
  const entries: unknown[] = Array.isArray(plan.secretEnv) ? plan.secretEnv : [];
  return entries.flatMap((entry) =>
    typeof entry === 'object' && entry !== null && 'name' in entry && typeof entry.name === 'string'
      ? [entry.name]
      : [],
  );
}

/**
 * The rights that hooks and the CronJob need in a stage's namespace, as manifests/hooks/role.yaml and
 * manifests/due/stage/role.yaml give them; a test compares them.
 */
import type { Rule } from './objects.ts';

interface Right {
  group: string;
  resource: string;
  verbs: readonly string[];
}

export const HOOK_RIGHTS: readonly Right[] = [
  { group: '', resource: 'configmaps', verbs: ['get', 'create', 'update'] },
  { group: 'batch', resource: 'jobs', verbs: ['get', 'create', 'delete'] },
  { group: '', resource: 'pods', verbs: ['list'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  { group: '', resource: 'events', verbs: ['create', 'list'] },
];

export const DUE_RIGHTS: readonly Right[] = [
  { group: '', resource: 'configmaps', verbs: ['list', 'get', 'update'] },
  { group: 'batch', resource: 'jobs', verbs: ['list', 'get', 'update', 'delete'] },
];

/** What rules do not allow of it, such as `create jobs.batch`. A rule for named objects only does not count. */
export function missingRights(rules: readonly Rule[], rights: readonly Right[]): string[] {
  return rights.flatMap(({ group, resource, verbs }) =>
    verbs
      .filter((verb) => !rules.some((rule) => allows(rule, { group, resource, verb })))
      .map((verb) => `${verb} ${resource}${group === '' ? '' : `.${group}`}`),
  );
}

function allows(rule: Rule, wanted: { group: string; resource: string; verb: string }): boolean {
  if ((rule.resourceNames ?? []).length > 0) return false;
  const holds = (list: readonly string[] | undefined, value: string): boolean =>
    list?.some((entry) => entry === '*' || entry === value) === true;
  return (
    holds(rule.apiGroups, wanted.group) &&
    holds(rule.resources, wanted.resource) &&
    holds(rule.verbs, wanted.verb)
  );
}

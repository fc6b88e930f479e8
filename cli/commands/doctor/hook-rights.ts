/** The rights that hooks need in their namespace, as manifests/hooks/role.yaml gives them; a test compares the two. */
import type { Rule } from './objects.ts';

export const HOOK_RIGHTS: readonly { group: string; resource: string; verbs: readonly string[] }[] = [
  { group: '', resource: 'configmaps', verbs: ['get', 'create', 'update'] },
  { group: 'batch', resource: 'jobs', verbs: ['get', 'create', 'delete'] },
  { group: '', resource: 'pods', verbs: ['list'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  { group: '', resource: 'events', verbs: ['create', 'list'] },
];

/** What rules do not allow of it, such as `create jobs.batch`. A rule for named objects only does not count. */
export function missingRights(rules: readonly Rule[]): string[] {
  return HOOK_RIGHTS.flatMap(({ group, resource, verbs }) =>
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

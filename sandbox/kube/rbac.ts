/** Authorization by the Role and RoleBinding objects in the store, as Kubernetes' RBAC authorizer decides. */
import { forbidden, type KubeApiError } from './errors.ts';
import type { PolicyRule } from './schemas.ts';
import { roleBindingSchema, roleSchema } from './schemas.ts';
import type { ObjectStore } from './types.ts';

export interface User {
  name: string;
  groups: readonly string[];
}

/** Who wants what. `resource` is `pods/log` for a subresource; `name` is '' where the request has none. */
export interface Attributes {
  verb: string;
  group: string;
  resource: string;
  namespace: string | undefined;
  name: string;
}

const rbacGroup = 'rbac.authorization.k8s.io';

/** May do everything, as the cluster's administrator. */
export const mastersGroup = 'system:masters';

/** Whether any rule bound to the user allows it. There are no denying rules. */
export function isAllowed(store: ObjectStore, user: User, wanted: Attributes): boolean {
  if (user.groups.includes(mastersGroup)) return true;
  return rulesFor(store, user, wanted.namespace).some((rule) => covers(rule, wanted));
}

/** The 403 for it, in Kubernetes' words. */
export function denied(user: User, wanted: Attributes): KubeApiError {
  const place =
    wanted.namespace === undefined ? 'at the cluster scope' : `in the namespace "${wanted.namespace}"`;
  const what = `cannot ${wanted.verb} resource "${wanted.resource}" in API group "${wanted.group}" ${place}`;
  const [resource = ''] = wanted.resource.split('/');
  return forbidden({ group: wanted.group, resource }, wanted.name, `User "${user.name}" ${what}`);
}

function rulesFor(store: ObjectStore, user: User, namespace: string | undefined): PolicyRule[] {
  const everywhere = store.list({ group: rbacGroup, kind: 'ClusterRoleBinding' });
  const here =
    namespace === undefined ? [] : store.list({ group: rbacGroup, kind: 'RoleBinding' }, { namespace });
  return [...everywhere, ...here]
    .map((object) => roleBindingSchema.parse(object))
    .filter(({ subjects, metadata }) =>
      subjects?.some((subject) => isSubject(subject, user, metadata.namespace)),
    )
    .flatMap(({ roleRef, metadata }) => {
      const place =
        roleRef.kind === 'Role' && metadata.namespace !== undefined ? { namespace: metadata.namespace } : {};
      const role = store.get({ group: rbacGroup, kind: roleRef.kind, name: roleRef.name, ...place });
      return role === undefined ? [] : (roleSchema.parse(role).rules ?? []);
    });
}

function isSubject(
  subject: { kind: string; name: string; namespace?: string | undefined },
  user: User,
  namespace: string | undefined,
): boolean {
  if (subject.kind === 'Group') return user.groups.includes(subject.name);
  if (subject.kind === 'User') return user.name === subject.name;
  const home = subject.namespace ?? namespace ?? '';
  return subject.kind === 'ServiceAccount' && user.name === `system:serviceaccount:${home}:${subject.name}`;
}

function covers(rule: PolicyRule, wanted: Attributes): boolean {
  const [, subresource] = wanted.resource.split('/');
  const resources = ['*', wanted.resource, ...(subresource === undefined ? [] : [`*/${subresource}`])];
  return (
    hasAny(rule.verbs, ['*', wanted.verb]) &&
    hasAny(rule.apiGroups ?? [], ['*', wanted.group]) &&
    hasAny(rule.resources ?? [], resources) &&
    (rule.resourceNames === undefined ||
      rule.resourceNames.length === 0 ||
      rule.resourceNames.includes(wanted.name))
  );
}

function hasAny(list: readonly string[], candidates: readonly string[]): boolean {
  return candidates.some((candidate) => list.includes(candidate));
}

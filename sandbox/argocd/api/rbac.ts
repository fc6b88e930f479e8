/** Argo CD's policy lines: `p, subject, resource, action, object, allow|deny` and `g, user, role`. */

interface Rule {
  subject: string;
  resource: string;
  action: string;
  object: string;
  allow: boolean;
}

export interface Policy {
  allows(
    subject: { username: string; groups: string[] },
    asked: { resource: string; action: string; object: string },
  ): boolean;
}

const BUILT_IN = `
p, role:readonly, applications, get, */*, allow
p, role:readonly, logs, get, */*, allow
p, role:readonly, projects, get, *, allow
p, role:readonly, clusters, get, *, allow
p, role:readonly, repositories, get, *, allow
p, role:admin, *, *, *, allow
g, admin, role:admin
`;

/** Reads policy lines beside the built-in roles `role:readonly` and `role:admin`; `admin` has the latter. */
export function readPolicy(csv: string, defaultRole = ''): Policy {
  const rules: Rule[] = [];
  const roles = new Map<string, string[]>();
  for (const line of `${BUILT_IN}\n${csv}`.split('\n')) {
    const [type, ...fields] = line.split(',').map((field) => field.trim());
    if (type === 'p' && fields.length >= 5) {
      const [subject = '', resource = '', action = '', object = '', effect] = fields;
      rules.push({ subject, resource, action, object, allow: effect === 'allow' });
    }
    if (type === 'g' && fields.length >= 2) {
      const [member = '', role = ''] = fields;
      roles.set(member, [...(roles.get(member) ?? []), role]);
    }
  }

  function subjectsOf(user: { username: string; groups: string[] }): Set<string> {
    const found = new Set<string>();
    const open = [user.username, ...user.groups, ...(defaultRole === '' ? [] : [defaultRole])];
    for (let subject = open.pop(); subject !== undefined; subject = open.pop()) {
      if (found.has(subject)) continue;
      found.add(subject);
      open.push(...(roles.get(subject) ?? []));
    }
    return found;
  }

  return {
    allows(user, asked) {
      const subjects = subjectsOf(user);
      const matching = rules.filter(
        (rule) =>
          subjects.has(rule.subject) &&
          matches(rule.resource, asked.resource) &&
          matches(rule.action, asked.action) &&
          matches(rule.object, asked.object),
      );
      return matching.some((rule) => rule.allow) && matching.every((rule) => rule.allow);
    },
  };
}

/** Argo CD's globs: `*` matches any text, slashes included. */
function matches(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
}

/** Names of checks: Keptn's own where they tell the checks of a phase apart, else with workload or application. */
import { fnv1a } from '../../names.ts';

/** Part of the names of child Jobs and labels: a DNS label. */
const LIMIT = 50;

/** A name as a check may have it; one that had to be changed carries a hash of what it was. */
export function checkName(name: string): string {
  const safe = name
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^-+|-+$/g, '');
  if (safe === name && safe.length <= LIMIT) return safe;
  return `${safe.slice(0, LIMIT - 9).replace(/-+$/, '') || 'check'}-${fnv1a(name)}`;
}

export interface NameCandidates {
  /** From the shortest on; the last ones are numbered if they still meet. */
  candidates: string[];
}

/** One name for each: the first of its candidates that nobody else has, else the last of them with a number. */
export function uniqueNames(items: readonly NameCandidates[]): string[] {
  const names = items.map(({ candidates }) => candidates.map(checkName));
  const chosen = names.map((own, index) => {
    const free = own.find((name) => names.every((other, at) => at === index || !other.includes(name)));
    return free ?? own.at(-1) ?? 'check';
  });
  const seen = new Map<string, number>();
  return chosen.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : checkName(`${name}-${count}`);
  });
}

/** Names of checks: Keptn's own where they tell the checks of a phase apart, else with workload or application. */
import { fnv1a } from '../../fnv1a.ts';

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
  /** Those of a lower rank choose first. */
  rank: number;
  /** From the shortest on; the last one is numbered if even that is taken. */
  candidates: string[];
}

/**
 * One name for each: the first of its candidates that nobody has yet and no other of its rank wants, so that two
 * equals both get the longer name.
 */
export function uniqueNames(items: readonly NameCandidates[]): string[] {
  const wanted = items.map(({ rank, candidates }) => ({ rank, names: candidates.map(checkName) }));
  const taken = new Set<string>();
  const chosen = new Map<number, string>();
  const order = wanted
    .map((_, index) => index)
    .sort((a, b) => (wanted[a]?.rank ?? 0) - (wanted[b]?.rank ?? 0));
  for (const index of order) {
    const own = wanted[index];
    const peers = wanted.filter((other) => other !== own && other.rank === own?.rank);
    const free = own?.names.find(
      (name) => !taken.has(name) && !peers.some((peer) => peer.names.includes(name)),
    );
    const name = free ?? numbered(own?.names.at(-1) ?? 'check', taken);
    taken.add(name);
    chosen.set(index, name);
  }
  return wanted.map((_, index) => chosen.get(index) ?? '');
}

function numbered(name: string, taken: ReadonlySet<string>): string {
  let candidate = name;
  for (let number = 2; taken.has(candidate); number += 1) candidate = checkName(`${name}-${number}`);
  return candidate;
}

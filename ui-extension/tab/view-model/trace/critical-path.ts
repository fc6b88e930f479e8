/**
 * The critical path: at each moment the span that the whole was waiting for. Backwards from the end: the child that
 * ended last is what its parent waited for, until that child began; what no child covers is the parent's own time.
 */
import type { SpanTree } from './tree.ts';

export interface Section {
  from: number;
  to: number;
}

/** Sections on the path by span index. Of several roots the one that lasts longest is followed. */
export function criticalPath(tree: SpanTree): Map<number, Section[]> {
  const path = new Map<number, Section[]>();
  const start = (at: number): number => tree.spans[at]?.startedAt ?? 0;
  const end = (at: number): number => tree.ends[at] ?? 0;
  const longest = tree.roots.reduce(
    (best, root) => (best === -1 || end(root) - start(root) > end(best) - start(best) ? root : best),
    -1,
  );
  const open: { at: number; until: number }[] = longest === -1 ? [] : [{ at: longest, until: end(longest) }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { at, until } = next;
    const sections: Section[] = [];
    let time = until;
    const add = (from: number): void => {
      if (from < time) sections.unshift({ from, to: time });
    };
    for (const child of [...(tree.children[at] ?? [])].sort((a, b) => end(b) - end(a))) {
      // A child may outlive its parent, but not delay it; one that began later than this moment delays nothing.
      const ended = Math.min(end(child), until);
      if (ended > time || start(child) >= ended || ended <= start(at)) continue;
      add(ended);
      open.push({ at: child, until: ended });
      time = Math.max(start(child), start(at));
    }
    add(start(at));
    path.set(at, sections);
  }
  return path;
}

/** Milliseconds that the sections last together. */
export function sectionsTime(sections: readonly Section[] | undefined): number {
  return (sections ?? []).reduce((sum, { from, to }) => sum + to - from, 0);
}

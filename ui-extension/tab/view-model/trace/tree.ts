/** The spans of a trace as a tree, held in arrays by index: a trace may have thousands, of any shape. */
import type { TimeRange } from '../attempt.ts';
import type { Span } from './span.ts';

export interface SpanTree {
  spans: readonly Span[];
  roots: number[];
  children: number[][];
  /** -1 for a root. */
  parent: number[];
  depth: number[];
  /** The span or one below it failed. */
  broken: boolean[];
  /** Spans whose parent is not in the trace. */
  orphans: number;
  failed: number;
  services: string[];
  /** End of each span; that of one that runs is the time at which the tree was made. */
  ends: number[];
  range: TimeRange;
}

/** `now`: where bars of what still runs end. Spans in a circle, which only a broken sender makes, become roots. */
export function spanTree(spans: readonly Span[], now: number): SpanTree {
  const index = new Map(spans.map((span, at) => [span.id, at]));
  const ends = spans.map((span) => span.finishedAt ?? Math.max(now, span.startedAt));
  const wanted = spans.map((span, at) => {
    const found = span.parentId === '' ? -1 : (index.get(span.parentId) ?? -1);
    return found === at ? -1 : found;
  });
  const order = [...spans.keys()].sort((a, b) => before(spans, ends, [a, b]));
  const children: number[][] = spans.map(() => []);
  for (const at of order) children[wanted[at] ?? -1]?.push(at);
  const parent = spans.map(() => -1);
  const depth = spans.map(() => -1);
  const visited: number[] = [];
  const roots: number[] = [];
  const enter = (root: number): void => {
    roots.push(root);
    depth[root] = 0;
    const open = [root];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      visited.push(at);
      // Without those that were met before: only a circle leads back to one.
      const below = (children[at] ?? []).filter((child) => depth[child] === -1);
      children[at] = below;
      for (const child of below) {
        depth[child] = (depth[at] ?? 0) + 1;
        parent[child] = at;
        open.push(child);
      }
    }
  };
  for (const at of order) if (wanted[at] === -1) enter(at);
  for (const at of order) if (depth[at] === -1) enter(at);
  const broken = spans.map((span) => span.status === 'error');
  // Children were visited after their parents: backwards, each hands on what is below it.
  for (const at of visited.reverse()) if (broken[at] && parent[at] !== -1) broken[parent[at] ?? 0] = true;
  return {
    spans,
    roots,
    children,
    parent,
    depth,
    broken,
    orphans: spans.filter((span, at) => span.parentId !== '' && wanted[at] === -1).length,
    failed: spans.filter((span) => span.status === 'error').length,
    services: [...new Set(spans.map((span) => span.service).filter(Boolean))],
    ends,
    range: rangeOf(spans, ends),
  };
}

/** By start; of spans that start together the one that lasts longer holds the other. */
function before(spans: readonly Span[], ends: number[], [a, b]: [number, number]): number {
  return (spans[a]?.startedAt ?? 0) - (spans[b]?.startedAt ?? 0) || (ends[b] ?? 0) - (ends[a] ?? 0) || a - b;
}

function rangeOf(spans: readonly Span[], ends: readonly number[]): TimeRange {
  let from = Infinity;
  let to = -Infinity;
  for (const span of spans) from = Math.min(from, span.startedAt);
  for (const end of ends) to = Math.max(to, end);
  return from === Infinity ? { from: 0, to: 1 } : { from, to: Math.max(to, from + 0.001) };
}

export interface RowOptions {
  /** Ids of spans whose children are folded. */
  folded: ReadonlySet<string>;
  /** What broke, and what holds it, before its siblings. */
  errorsFirst: boolean;
  /** Indices of the only spans that are wanted, besides those that hold them; undefined wants all. */
  wanted: ReadonlySet<number> | undefined;
}

export interface Row {
  /** Index of the span. */
  at: number;
  /** Its place among its siblings, from 1, and how many there are. */
  position: number;
  siblings: number;
}

/** The rows of the tree from top to bottom. */
export function rowsOf(tree: SpanTree, options: RowOptions): Row[] {
  const shown = options.wanted && withHolders(tree, options.wanted);
  const siblings = (list: readonly number[]): Row[] => {
    const kept = shown === undefined ? list : list.filter((at) => shown.has(at));
    return ordered(tree, kept, options.errorsFirst).map((at, index) => ({
      at,
      position: index + 1,
      siblings: kept.length,
    }));
  };
  const rows: Row[] = [];
  const open = siblings(tree.roots).reverse();
  for (let row = open.pop(); row !== undefined; row = open.pop()) {
    rows.push(row);
    // What was searched for is shown, folded or not.
    if (shown === undefined && options.folded.has(tree.spans[row.at]?.id ?? '')) continue;
    const below = siblings(tree.children[row.at] ?? []);
    for (let child = below.pop(); child !== undefined; child = below.pop()) open.push(child);
  }
  return rows;
}

function ordered(tree: SpanTree, list: readonly number[], errorsFirst: boolean): readonly number[] {
  if (!errorsFirst || !list.some((at) => tree.broken[at])) return list;
  return [...list.filter((at) => tree.broken[at]), ...list.filter((at) => !tree.broken[at])];
}

function withHolders(tree: SpanTree, wanted: ReadonlySet<number>): Set<number> {
  const shown = new Set<number>();
  for (const match of wanted)
    for (let at = match; at !== -1 && !shown.has(at); at = tree.parent[at] ?? -1) shown.add(at);
  return shown;
}

/** For each span, what a search looks through, in lower case. */
export function searchTexts(spans: readonly Span[]): string[] {
  return spans.map((span) =>
    [
      span.name,
      span.service,
      span.message,
      span.id,
      ...span.attributes.map(({ key, value }) => `${key}=${value}`),
      ...span.events.map(({ name }) => name),
    ]
      .join('\n')
      .toLowerCase(),
  );
}

/** Indices of the spans that hold every word. */
export function matchesOf(texts: readonly string[], search: string): Set<number> {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = new Set<number>();
  texts.forEach((text, at) => {
    if (words.every((word) => text.includes(word))) found.add(at);
  });
  return found;
}

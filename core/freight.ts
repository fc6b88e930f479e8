/** Freight: the versions that move together. Its id is a content hash that does not depend on order. */
import { contentId } from './canonical.ts';

/** What kind of place a version stands in: the kinds of `moves` in the pipeline file, and `image` of a workload. */
export type FreightKind = 'helm-value' | 'kustomize-image' | 'chart-version' | 'file' | 'image';

export interface FreightItem {
  kind: FreightKind;
  /** File in the stage's path; `{stage}` stands for the stage's name, so that one item fits every stage. */
  file: string;
  /** Value key (`frontend.image.tag`), image name, dependency name; empty for a whole file. */
  key: string;
  /** The version as it is written: a tag, `sha256:` digest, semantic version; for a file its SHA-256. */
  value: string;
}

export interface Freight {
  /** 12 hexadecimal digits. */
  id: string;
  items: FreightItem[];
}

/** Freight from items in any order; equal items count once. */
export function makeFreight(items: readonly FreightItem[]): Freight {
  const byPlace = new Map(items.map((item) => [`${item.kind}\n${item.file}\n${item.key}`, item]));
  const sorted = [...byPlace.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => ({ ...item }));
  return { id: contentId(sorted), items: sorted };
}

/** What differs from one freight to another, for messages and tables. */
export interface FreightChange {
  file: string;
  key: string;
  from: string | undefined;
  to: string | undefined;
}

/** Changes in the order of `to`, then what only `from` has. */
export function freightChanges(from: Freight | undefined, to: Freight): FreightChange[] {
  const place = (item: FreightItem): string => `${item.kind}\n${item.file}\n${item.key}`;
  const before = new Map((from?.items ?? []).map((item) => [place(item), item]));
  const after = new Set(to.items.map(place));
  const changed = to.items
    .filter((item) => before.get(place(item))?.value !== item.value)
    .map((item) => ({
      file: item.file,
      key: item.key,
      from: before.get(place(item))?.value,
      to: item.value,
    }));
  const gone = (from?.items ?? [])
    .filter((item) => !after.has(place(item)))
    .map((item) => ({ file: item.file, key: item.key, from: item.value, to: undefined }));
  return [...changed, ...gone];
}

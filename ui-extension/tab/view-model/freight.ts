/** Freight as people read it: versions, and what changed against the version before. */
import type { DeliveryRecord } from '../../../core/ledger/types.ts';
import { text } from './text.ts';

export interface FreightRow {
  key: string;
  what: string;
  file: string;
  version: string;
  /** Version in the delivery before; empty if there was none or the item is new. */
  before: string;
  changed: boolean;
}

interface Item {
  kind: string;
  file: string;
  key: string;
  value: string;
}

const KINDS: Record<string, string> = {
  'helm-value': 'Helm value',
  'kustomize-image': 'Image',
  'chart-version': 'Chart',
  file: 'File',
};
const ITEMS_SHOWN = 200;

function itemsOf(delivery: Pick<DeliveryRecord, 'freight'> | undefined): Item[] {
  return (delivery?.freight.items ?? []).slice(0, ITEMS_SHOWN).map((item) => ({
    kind: text(item.kind, 40),
    file: text(item.file),
    key: text(item.key),
    value: text(item.value),
  }));
}

/** The rows of the freight table, with the version of the delivery before it where there is one. */
export function freightRows(delivery: DeliveryRecord, previous: DeliveryRecord | undefined): FreightRow[] {
  const place = (item: Item): string => `${item.kind}\n${item.file}\n${item.key}`;
  const before = new Map(itemsOf(previous).map((item) => [place(item), item.value]));
  return itemsOf(delivery).map((item) => {
    const old = before.get(place(item));
    const kind = Object.hasOwn(KINDS, item.kind) ? KINDS[item.kind] : item.kind;
    return {
      key: place(item),
      what: item.key || item.file,
      file: `${kind} in ${item.file}`,
      version: shortVersion(item.value),
      before: old === undefined ? '' : shortVersion(old),
      changed: old !== undefined && old !== item.value,
    };
  });
}

/** Digests and file hashes are cut to what tells them apart. */
export function shortVersion(value: string): string {
  const digest = /^(?:(.*@)?sha256:)?([0-9a-f]{64})$/.exec(value);
  return digest?.[2] === undefined ? value : `sha256:${digest[2].slice(0, 12)}`;
}

/** `v2` where all versions are the same, else `frontend v2, backend v3`; at most three are named. */
export function versionsText(versions: readonly { key: string; value: string }[]): string {
  if (versions.length === 0) return '';
  const values = new Set(versions.map((version) => version.value));
  const [only] = values;
  if (values.size === 1 && only !== undefined) return shortVersion(only);
  const named = versions
    .slice(0, 3)
    .map(({ key, value }) => `${shortKey(key)} ${shortVersion(value)}`.trim());
  return versions.length > 3 ? `${named.join(', ')} and ${versions.length - 3} more` : named.join(', ');
}

/** `frontend` of `frontend.image.tag`, `shop/web` of `ghcr.io/shop/web`. */
function shortKey(key: string): string {
  if (key.includes('/')) return key.split('/').slice(-1)[0] ?? key;
  return key.replace(/\.?(image\.)?(tag|version|digest)$/i, '') || key;
}

/** The versions of a delivery's freight. */
export function versionsOf(delivery: Pick<DeliveryRecord, 'freight'>): { key: string; value: string }[] {
  return itemsOf(delivery).map((item) => ({ key: item.key || item.file, value: item.value }));
}

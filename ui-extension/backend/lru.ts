/** A cache that is bounded by bytes: the entry that was not asked for the longest goes first. */

export interface LruCache<V> {
  get(key: string): V | undefined;
  /** An entry that is larger than the whole cache is not kept. */
  set(key: string, value: V, bytes: number): void;
  delete(key: string): void;
  bytes(): number;
}

export function createLru<V>(maxBytes: number): LruCache<V> {
  // A Map keeps the order of insertion: the first key is the oldest.
  const entries = new Map<string, { value: V; bytes: number }>();
  let total = 0;

  function remove(key: string): void {
    const entry = entries.get(key);
    if (!entry) return;
    entries.delete(key);
    total -= entry.bytes;
  }

  function get(key: string): V | undefined {
    const entry = entries.get(key);
    if (!entry) return undefined;
    entries.delete(key);
    entries.set(key, entry);
    return entry.value;
  }

  function set(key: string, value: V, bytes: number): void {
    remove(key);
    if (bytes > maxBytes) return;
    entries.set(key, { value, bytes });
    total += bytes;
    for (const oldest of entries.keys()) {
      if (total <= maxBytes) return;
      remove(oldest);
    }
  }

  return { get, set, delete: remove, bytes: () => total };
}

/**
 * Remembers what pure readers made of files: a render is a new process each time, and pipeline files seldom change.
 * Without a memory, or with one that cannot be read or written, everything is read anew.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Memory {
  /** A folder that nobody else can write. */
  folder: string;
  /** What tells one release of the readers from another. */
  release: string;
}

/** Enough for the stages of a large installation; then the memory begins anew. */
const MAX_ENTRIES = 1000;

/**
 * The value that `make` gives for these inputs, which must be all that it depends on. The value must survive JSON.
 * What `make` throws is not remembered.
 */
export async function remember<T>(
  memory: Memory | undefined,
  inputs: readonly string[],
  make: () => Promise<T>,
): Promise<T> {
  if (memory === undefined) return make();
  const file = fileOf(memory, inputs);
  const known = read(file);
  if (known !== undefined) return known.value as T;
  const value = await make();
  write(memory.folder, file, JSON.stringify({ value }));
  return value;
}

/** What was made of the parts of one thing, such as the documents of a render: a part that changed is made anew. */
export interface RememberedParts<T> {
  /** Whether anything is known; if not, all parts will have to be made. */
  isNew: boolean;
  /** The values of all parts, in order. `make` gets those that are not known, and gives as many values. */
  all(parts: readonly string[], make: (unknown: readonly string[]) => Promise<readonly T[]>): Promise<T[]>;
}

/** Opens the memory of one thing, whose name is `inputs`. Values must survive JSON, and depend on their part alone. */
export function rememberParts<T>(memory: Memory | undefined, inputs: readonly string[]): RememberedParts<T> {
  const file = memory && fileOf(memory, inputs);
  const known = (file === undefined ? undefined : read(file)) as { value: Record<string, T> } | undefined;
  return {
    isNew: known === undefined,
    all: async (parts, make) => {
      const keys = parts.map((part) => createHash('sha256').update(part).digest('hex'));
      const values = new Map<string, T>();
      for (const key of keys) {
        if (known && Object.hasOwn(known.value, key)) values.set(key, known.value[key] as T);
      }
      const unknown = parts.filter((_part, index) => !values.has(keys[index] ?? ''));
      if (unknown.length > 0) {
        const made = await make(unknown);
        const fresh = keys.filter((key) => !values.has(key));
        fresh.forEach((key, index) => values.set(key, made[index] as T));
        if (memory && file !== undefined) {
          write(memory.folder, file, JSON.stringify({ value: Object.fromEntries(values) }));
        }
      }
      return keys.map((key) => values.get(key) as T);
    },
  };
}

/** The last value that was noted under a name, or undefined: a guess, which whoever asks must check. */
export function recall(memory: Memory | undefined, inputs: readonly string[]): unknown {
  return memory && read(fileOf(memory, inputs))?.value;
}

/** Notes a value under a name, unless it is there already. */
export function note(memory: Memory | undefined, inputs: readonly string[], value: unknown): void {
  if (memory === undefined) return;
  const file = fileOf(memory, inputs);
  if (JSON.stringify(read(file)?.value) !== JSON.stringify(value))
    write(memory.folder, file, JSON.stringify({ value }));
}

/** Writes a file of the memory, all of it or nothing. */
export function keep(memory: Memory, note: { file: string; text: string }): void {
  write(memory.folder, note.file, note.text);
}

function fileOf(memory: Memory, inputs: readonly string[]): string {
  const key = createHash('sha256')
    .update(JSON.stringify([memory.release, ...inputs]))
    .digest('hex');
  return join(memory.folder, `${key}.json`);
}

function read(file: string): { value: unknown } | undefined {
  try {
    const known: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof known === 'object' && known !== null && 'value' in known ? known : undefined;
  } catch {
    // Not there, or broken: then it is made anew.
    return undefined;
  }
}

function write(folder: string, file: string, text: string): void {
  const fresh = `${file}.${randomUUID()}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const entries = readdirSync(folder);
    if (entries.length >= MAX_ENTRIES)
      for (const entry of entries) rmSync(join(folder, entry), { force: true });
    writeFileSync(fresh, text, { mode: 0o600 });
    renameSync(fresh, file);
  } catch {
    // A full or read-only disk: remembering is a help, not a need.
    removeQuietly(fresh);
  }
}

function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It cannot be there where nothing can be written.
  }
}

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
  const key = createHash('sha256')
    .update(JSON.stringify([memory.release, ...inputs]))
    .digest('hex');
  const file = join(memory.folder, `${key}.json`);
  const known = read(file);
  if (known !== undefined) return known.value as T;
  const value = await make();
  write(memory.folder, file, JSON.stringify({ value }));
  return value;
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

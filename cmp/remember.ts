/**
 * Remembers what pure readers made of files: a render is a new process each time, and pipeline files seldom change.
 * Without a memory, or with one that cannot be read or written, everything is read anew.
 */
import { createCipheriv, createDecipheriv, createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

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
  /** The values of all parts, in order. `make` gets those that are not known, each once, and gives as many values. */
  all(parts: readonly string[], make: (unknown: readonly string[]) => Promise<readonly T[]>): Promise<T[]>;
}

/**
 * Opens the memory of one thing, whose name is `inputs`. Values must survive JSON, and depend on their part alone. They
 * are as secret as their parts, so that each is sealed with a key that only its part gives: whoever finds the file
 * learns nothing that he does not have.
 */
export function rememberParts<T>(memory: Memory | undefined, inputs: readonly string[]): RememberedParts<T> {
  const place = memory && { memory, file: fileOf(memory, inputs) };
  const known = place && sealedValues(read(place.file)?.value);
  return {
    isNew: known === undefined,
    all: async (parts, make) => {
      const values = new Map<string, T>();
      for (const part of place ? parts : []) {
        const value = place && unseal(known?.[digest(part)], sealKey(place.memory, part));
        if (value !== undefined) values.set(part, value.inner as T);
      }
      const unknown = [...new Set(parts)].filter((part) => !values.has(part));
      if (unknown.length > 0) {
        const made = await make(unknown);
        unknown.forEach((part, index) => values.set(part, made[index] as T));
        if (place) {
          const sealed = [...values].map(([part, inner]) => [
            digest(part),
            seal({ inner }, sealKey(place.memory, part)),
          ]);
          write(place.memory.folder, place.file, JSON.stringify({ value: Object.fromEntries(sealed) }));
        }
      }
      return parts.map((part) => values.get(part) as T);
    },
  };
}

const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;
/** A key seals one value only, so that it needs no nonce of its own. */
const NONCE = Buffer.alloc(12);

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sealKey({ release }: Memory, part: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify(['seal', release, part]))
    .digest();
}

function seal(value: { inner: unknown }, key: Buffer): string {
  const cipher = createCipheriv(CIPHER, key, NONCE);
  const sealed = [cipher.update(JSON.stringify(value), 'utf8'), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(sealed).toString('base64');
}

/** Undefined for what was not sealed so, and for what somebody changed. */
function unseal(text: unknown, key: Buffer): { inner: unknown } | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const bytes = Buffer.from(text, 'base64');
    const decipher = createDecipheriv(CIPHER, key, NONCE, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const opened = Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
    return JSON.parse(opened.toString('utf8')) as { inner: unknown };
  } catch {
    // Broken or another's: it is made anew.
    return undefined;
  }
}

function sealedValues(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

/** Notes a value under a name, and gives the one that was there, or undefined: whoever asks must check its shape. */
export function replaceNote(memory: Memory, name: readonly string[], value: unknown): unknown {
  const file = fileOf(memory, name);
  const before = read(file)?.value;
  if (JSON.stringify(before) !== JSON.stringify(value)) write(memory.folder, file, JSON.stringify({ value }));
  return before;
}

/** Writes a file of a memory's folder, all of it or nothing. */
export function keep(note: { file: string; text: string }): void {
  write(dirname(note.file), note.file, note.text);
}

function fileOf(memory: Memory, inputs: readonly string[]): string {
  return join(memory.folder, `${digest(JSON.stringify([memory.release, ...inputs]))}.json`);
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

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { remember, type Memory } from './remember.ts';

let root: string;
let memory: Memory;
let made: number;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stageline-memory-'));
  memory = { folder: join(root, 'files'), release: 'one' };
  made = 0;
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function make(): Promise<{ number: number }> {
  made += 1;
  return { number: made };
}

describe('what was read before', () => {
  it('is not read again', async () => {
    expect(await remember(memory, ['a', 'text'], make)).toEqual({ number: 1 });
    expect(await remember(memory, ['a', 'text'], make)).toEqual({ number: 1 });
  });

  it('is read again when the text or the release is another', async () => {
    await remember(memory, ['a', 'text'], make);
    await remember(memory, ['a', 'other'], make);
    await remember({ ...memory, release: 'two' }, ['a', 'text'], make);
    // Lists that would be the same text when joined are not the same inputs.
    await remember(memory, ['a', 'te', 'xt'], make);
    expect(made).toBe(4);
  });

  it('is read anew where the memory is broken, gone or cannot be made', async () => {
    await remember(memory, ['a'], make);
    for (const name of readdirSync(memory.folder)) writeFileSync(join(memory.folder, name), '{"val');
    expect(await remember(memory, ['a'], make)).toEqual({ number: 2 });
    writeFileSync(join(root, 'file'), '');
    expect(await remember({ folder: join(root, 'file'), release: 'x' }, ['a'], make)).toEqual({ number: 3 });
    expect(await remember(undefined, ['a'], make)).toEqual({ number: 4 });
  });

  it('is not remembered when it failed', async () => {
    const fail = (): Promise<never> => Promise.reject(new Error('no'));
    await expect(remember(memory, ['a'], fail)).rejects.toThrow('no');
    expect(await remember(memory, ['a'], make)).toEqual({ number: 1 });
  });

  it('begins anew before it grows without end', async () => {
    await remember(memory, ['first'], make);
    for (let index = 0; index < 1000; index += 1) writeFileSync(join(memory.folder, `${index}.json`), '');
    await remember(memory, ['second'], make);
    expect(readdirSync(memory.folder)).toHaveLength(1);
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { remember, rememberParts, type Memory } from './remember.ts';

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

describe('parts of one thing', () => {
  const shout = async (parts: readonly string[]): Promise<string[]> => {
    made += parts.length;
    return parts.map((part) => part.toUpperCase());
  };
  const all = (...parts: string[]): Promise<string[]> =>
    rememberParts<string>(memory, ['app']).all(parts, shout);

  it('are made once each, in order, twins too', async () => {
    expect(await all('a', 'b', 'a')).toEqual(['A', 'B', 'A']);
    expect(await all('b', 'a', 'c')).toEqual(['B', 'A', 'C']);
    expect(made).toBe(3);
  });

  it('are not to be read in the folder', async () => {
    await all('password: hunter2');
    const [name = ''] = readdirSync(memory.folder);
    expect(readFileSync(join(memory.folder, name), 'latin1')).not.toMatch(/hunter2/i);
  });

  it.each([
    '{"value":null}',
    '{"value":5}',
    '{"value":[]}',
    '{"value":{"KEY":"forged"}}',
    '{"value":{"KEY":7}}',
    '{"val',
  ])('are made anew where the memory says %s', async (text) => {
    await all('a');
    const [name = ''] = readdirSync(memory.folder);
    const file = join(memory.folder, name);
    const key = /[0-9a-f]{64}/.exec(readFileSync(file, 'utf8'))?.[0] ?? '';
    writeFileSync(file, text.replace('KEY', key));
    expect(await all('a')).toEqual(['A']);
    expect(made).toBe(2);
  });
});

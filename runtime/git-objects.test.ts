import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { git } from './git.ts';
import { openObjectReader, parseTree } from './git-objects.ts';

let gitDir: string;
const large = Buffer.alloc(300_000, 'line\n\0');

beforeAll(async () => {
  gitDir = mkdtempSync(path.join(tmpdir(), 'stageline-objects-'));
  await git(['init', '--quiet', '--bare', gitDir], { cwd: gitDir });
});

afterAll(() => rmSync(gitDir, { recursive: true, force: true }));

const write = async (bytes: string | Buffer): Promise<string> =>
  (await git(['hash-object', '-w', '--stdin'], { gitDir, input: bytes })).trim();

it('reads objects as they are, says what is missing, and finds what comes later', async () => {
  const reader = openObjectReader({ gitDir, signal: new AbortController().signal });
  const ids = await Promise.all([write('a\n'), write(''), write(large)]);
  const read = await Promise.all([...ids, 'f'.repeat(40)].map((id) => reader.read(id)));
  expect(read.map((object) => object?.bytes)).toEqual([
    Buffer.from('a\n'),
    Buffer.alloc(0),
    large,
    undefined,
  ]);
  const late = await write('late\n');
  expect(await reader.read(late)).toEqual({ type: 'blob', bytes: Buffer.from('late\n') });
  await reader.close();
  await expect(reader.read(late)).rejects.toMatchObject({ code: 'GIT_FAILED' });
});

it('reads folders with files, links, folders and names that are no ASCII', async () => {
  const blob = await write('a\n');
  const empty = (await git(['mktree'], { gitDir, input: '' })).trim();
  const lines = [`100755 blob ${blob}\tä b\n`, `120000 blob ${blob}\tlink\n`, `040000 tree ${empty}\tsub\n`];
  const tree = (await git(['mktree'], { gitDir, input: lines.join('') })).trim();
  const reader = openObjectReader({ gitDir, signal: new AbortController().signal });
  const object = await reader.read(tree);
  await reader.close();
  expect([...parseTree(object?.bytes ?? Buffer.alloc(0))].toSorted()).toEqual([
    ['link', { mode: '120000', type: 'blob', id: blob }],
    ['sub', { mode: '040000', type: 'tree', id: empty }],
    ['ä b', { mode: '100755', type: 'blob', id: blob }],
  ]);
});

it('ends with the reason of its signal', async () => {
  const stop = new AbortController();
  const reader = openObjectReader({ gitDir, signal: stop.signal });
  await reader.read('f'.repeat(40));
  const reason = new Error('told to end');
  stop.abort(reason);
  await reader.close();
  await expect(reader.read('f'.repeat(40))).rejects.toBe(reason);
});

/** What the plugin remembers makes renders faster and changes nothing in them. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderApplication } from '../../cmp/generate.ts';
import type { Memory } from '../../cmp/remember.ts';
import { chartFiles, makeRepository, pluginEnv, type TestRepository } from '../../cmp/testing/repository.ts';
import { streamParts } from '../../cmp/write.ts';
import { EXAMPLE, filesOf } from '../keptn/support/files.ts';

let repository: TestRepository;
let folder: string;
let memory: Memory;

beforeAll(() => {
  repository = makeRepository(filesOf(EXAMPLE));
  folder = mkdtempSync(path.join(tmpdir(), 'stageline-memory-'));
  memory = { folder: path.join(folder, 'files'), release: 'test' };
});

afterAll(() => {
  repository.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function render(known: Memory | undefined): Promise<string> {
  const run = { path: 'chart-dev', application: 'simple-app-dev', namespace: 'simple-app-dev' };
  const rendered = await renderApplication({
    cwd: path.join(repository.root, run.path),
    env: pluginEnv(repository, run),
    memory: known,
    warn: () => undefined,
  });
  return [...streamParts(rendered.stream, rendered.edits, rendered.appended)].join('');
}

const injected = (stream: string): string[] => [
  ...new Set([...stream.matchAll(/stageline\.dev\/commit-id: "(\w+)"/g)].map((match) => match[1] ?? '')),
];

test('a Keptn chart renders to the same bytes with a memory that is new, full, or broken', async () => {
  const plain = await render(undefined);
  expect(plain).toContain('STAGELINE_PLAN');
  expect(await render(memory)).toBe(plain);
  const full = readdirSync(memory.folder);
  expect(full.length).toBeGreaterThan(1);
  expect(await render(memory)).toBe(plain);
  expect(readdirSync(memory.folder).toSorted()).toEqual(full.toSorted());
  for (const name of full) writeFileSync(path.join(memory.folder, name), '{"value":');
  expect(await render(memory)).toBe(plain);
});

test('a new commit is found although another one was expected, and its values reach the chart', async () => {
  await render(memory);
  repository.write({ 'chart-dev/extra.txt': 'a' });
  const commit = repository.commit('touches the application');
  const after = await render(memory);
  expect(injected(after)).toEqual([commit]);
  expect(after).toBe(await render(undefined));
});

test('a changed definition is read anew', async () => {
  const before = await render(memory);
  const name = 'chart-dev/templates/extra.yaml';
  repository.write({
    [name]: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: keptn.sh-extra\ndata: {}\n',
  });
  repository.commit('adds an object');
  const after = await render(memory);
  expect(after).toContain('keptn.sh-extra');
  expect(after).not.toBe(before);
  expect(after).toBe(await render(undefined));
});

test('a chart that renders differently from the same inputs is reported, with object and field', async () => {
  const random = makeRepository({
    ...chartFiles('chart'),
    'chart/templates/secret.yaml':
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: key\nstringData:\n  key: {{ randAlphaNum 20 }}\n',
  });
  try {
    const run = { path: 'chart', parameters: [{ name: 'pipeline', string: 'none' }] };
    const warned: string[] = [];
    const once = (): Promise<unknown> =>
      renderApplication({
        cwd: path.join(random.root, 'chart'),
        env: pluginEnv(random, run),
        memory,
        warn: (error) => warned.push(error.message),
      });
    await once();
    expect(warned).toEqual([]);
    await once();
    expect(warned).toEqual(['two renders of chart differ in Secret/key: stringData.key']);
    // A commit may change everything.
    random.write({ 'chart/values.yaml': 'image:\n  tag: v2\n' });
    random.commit('v2');
    await once();
    expect(warned).toHaveLength(1);
  } finally {
    random.remove();
  }
});

/** Helm says in its own errors which value a schema refuses: however the value is written, it is not printed. */
import { afterEach, expect, it } from 'vitest';
import { makeRepository, runPlugin, shopFiles, type TestRepository } from '../../cmp/testing/repository.ts';

let repository: TestRepository | undefined;
afterEach(() => repository?.remove());

const REFUSED = { type: 'string', pattern: '^[A-Z]+$' };
const SCHEMA = JSON.stringify({
  properties: {
    password: REFUSED,
    key: REFUSED,
    pw: REFUSED,
    db: { properties: { password: REFUSED } },
  },
});

const WRITTEN: [how: string, values: string][] = [
  ['with a comment', 'password: hunter2-comment # rotate in May\n'],
  ['with an anchor', 'password: &pw hunter2-anchor\n'],
  ['in a flow map', 'db: { user: a, password: hunter2-flow }\n'],
  ['as a block', 'password: |\n  hunter2-block\n  hunter2-more\n'],
  ['on the next line', 'password:\n  hunter2-next\n'],
  ['with an escaped quote', String.raw`password: "hunter2\"esc"` + '\n'],
  ['with an apostrophe', `password: "hunter2's"\n`],
  ['with an escaped letter', String.raw`password: "hunter2\u0041x"` + '\n'],
  ['under "key"', 'key: hunter2-key\n'],
  ['under "pw"', 'pw: hunter2-pw\n'],
];

it.each([
  ...WRITTEN.map(([how, values]) => [`${how}, in the values file`, values, undefined] as const),
  ...WRITTEN.slice(0, 2).map(([how, values]) => [`${how}, in the parameter "values"`, '', values] as const),
])('does not print a secret %s', async (_how, file, parameter) => {
  repository = makeRepository({
    ...shopFiles(),
    'charts/dev/values.yaml': `image: { tag: v1 }\n${file}`,
    'charts/dev/values.schema.json': SCHEMA,
  });
  const result = await runPlugin(repository, {
    path: 'charts/dev',
    parameters: parameter === undefined ? [] : [{ name: 'values', string: parameter }],
  });
  expect(result.code).toBe(1);
  expect(result.stderr).toContain('does not match pattern');
  expect(result.stderr).toContain('***');
  expect(result.stderr).not.toMatch(/hunter2|2-more|Ax'|esc'/);
});

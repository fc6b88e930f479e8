import { expect, test } from 'vitest';
import { keyValueLines } from './key-values.ts';
import { secretValues } from './scrub.ts';

test.each([
  ['a comment behind it', 'password: hunter2 # rotate in May\n', 'hunter2'],
  ['an anchor', 'db:\n  password: &pw hunter2\n', 'hunter2'],
  ['an alias', 'x: &pw hunter2\npassword: *pw\n', 'hunter2'],
  ['a tag', 'password: !!str hunter2\n', 'hunter2'],
  ['a flow map', 'db: { user: a, password: hunter2 }\n', 'hunter2'],
  ['JSON', '{"db":{"password":"hunter2","user":"a"}}', 'hunter2'],
  ['a literal block', 'password: |\n  hunter2\n  more\n', 'hunter2\nmore\n'],
  ['a line of a block', 'password: >-\n  hunter2\n  more\n', 'hunter2'],
  ['the next line', 'password:\n  hunter2\n', 'hunter2'],
  ['the next line, in quotes', 'password:\n  "hunter2"\n', 'hunter2'],
  ['lines that go on', 'password: hunter2\n  more\n', 'hunter2 more'],
  ['quotes over lines', 'password: "hunter2\n  more"\n', 'hunter2 more'],
  ['escaped quotes', String.raw`password: "hunter2\"esc"`, 'hunter2"esc'],
  ['escaped letters', String.raw`password: "hunter2\u0041x\x42"`, 'hunter2AxB'],
  ['doubled apostrophes', "password: 'hunter2''s'", "hunter2's"],
  ['a list', 'passwords:\n- hunter2\n- other\n', 'hunter2'],
  ['a list in brackets', 'passwords: ["a", hunter2]\n', 'hunter2'],
  ['a map of secrets', 'secrets:\n  db: hunter2\nafter: x\n', 'hunter2'],
  ['an entry of an environment', 'env:\n  - name: DB_PASSWORD\n    value: hunter2\n', 'hunter2'],
  ['the key "key"', 'key: hunter2\n', 'hunter2'],
  ['the key "pw"', 'db: { pw: hunter2 }\n', 'hunter2'],
  ['an equals sign', 'password=hunter2\n', 'hunter2'],
  ['an argument in quotes', 'args: ["--password=hunter2"]\n', 'hunter2'],
  ['a connection', 'database: "Server=x;Password=hunter2;User=a"\n', 'hunter2'],
  ['a query', 'address: https://x.example/?user=a&token=hunter2&more=b\n', 'hunter2'],
  ['lines of Windows', 'password: hunter2\r\nuser: a\r\n', 'hunter2'],
])('a secret is found with %s', (_what, text, secret) => {
  expect(secretValues(keyValueLines(text))).toContain(secret);
});

test('what stands behind a secret is none', () => {
  const text = '{"password":"hunter2","user":"plain"}';
  expect(secretValues(keyValueLines(text))).toEqual(['hunter2']);
});

test('entries of a list of parameters are secrets too', () => {
  expect(secretValues([['passwords', '{hunter2,other}']])).toEqual(['{hunter2,other}', 'hunter2', 'other']);
});

test('settings beside secrets are none', () => {
  const text = 'auth:\n  enabled: true\n  mode: basic\nsecrets:\n  create: true\nafter: plain\n';
  expect(secretValues(keyValueLines(text))).toEqual([]);
});

test.each(['a: {', 'a: [\n', '- ', ' ', 'a: "', 'a:\n- ', 'a: |\n', '"\\', '&a !', ',"\\', 'a: x #', '!'])(
  'any amount of %j is read',
  (part) => {
    expect([...keyValueLines(`a: ${part.repeat(100_000)}`)].length).toBeGreaterThanOrEqual(0);
  },
  5000,
);

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOfWorkTree } from './digest.ts';
import { makeInputs } from './inputs.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stageline-digest-'));
  mkdirSync(join(root, 'charts/dev/templates'), { recursive: true });
  writeFileSync(join(root, 'charts/dev/values.yaml'), 'tag: v1\n');
  writeFileSync(join(root, 'charts/dev/templates/app.yaml'), 'kind: Service\n');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

test.each([
  ['the folder above the application', 'charts', 'charts'],
  ['the application’s own folder', 'charts/dev', 'charts/dev'],
])('inputs have one digest in the whole repository and in %s alone', (_, folder, missingPrefix) => {
  const inputs = makeInputs(['charts/dev'], []);
  const whole = digestOfWorkTree({ root, missingPrefix: '' }, inputs);
  expect(digestOfWorkTree({ root: join(root, folder), missingPrefix }, inputs)).toBe(whole);
});

test('a folder without files has no digest', () => {
  mkdirSync(join(root, 'empty'));
  const inputs = makeInputs(['empty'], []);
  expect(() => digestOfWorkTree({ root, missingPrefix: '' }, inputs)).toThrow(
    expect.objectContaining({ code: 'INPUTS_EMPTY' }),
  );
});

/** The import rules of the house, held over every source file. */
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { importsOf, reachViolations, readSources, violationsOf } from './architecture/imports.ts';
import { LAYERS, REACHES } from './architecture/rules.ts';

const ROOT = path.join(import.meta.dirname, '..');
const sources = readSources(ROOT);

describe('every source file', () => {
  test.each(LAYERS)('of $name imports only what its layer may', ({ folder }) => {
    const own = sources.filter(({ file }) => file.startsWith(`${folder}/`));
    expect(own.flatMap(violationsOf)).toEqual([]);
  });

  test('is read: the rules see core, and what it imports', () => {
    const parse = sources.find(({ file }) => file === 'core/pipeline/parse.ts');
    expect(parse?.imports.map(({ specifier }) => specifier)).toContain('../errors.ts');
    expect(sources.length).toBeGreaterThan(40);
  });
});

test.each(REACHES)('$name loads nothing that it should not', (reach) => {
  expect(reachViolations(sources, reach)).toEqual([]);
});

describe('the rules themselves', () => {
  test.each([
    {
      file: 'core/x.ts',
      text: `import { a } from '../runtime/git.ts';`,
      says: 'core may not import runtime',
    },
    { file: 'core/x.ts', text: `import { readFileSync } from 'node:fs';`, says: 'the package node:fs' },
    { file: 'core/x.ts', text: `import fc from 'fast-check';`, says: 'the package fast-check' },
    { file: 'core/x.ts', text: `import { planOf } from './testing.ts';`, says: 'for tests only' },
    { file: 'core/x.ts', text: `import '../scripts/lib.mjs';`, says: 'belongs to no layer' },
    { file: 'runtime/x.ts', text: `export { a } from '../cmp/a.ts';`, says: 'runtime may not import cmp' },
    { file: 'cmp/x.ts', text: `import type { A } from '../hooks/a.ts';`, says: 'cmp may not import hooks' },
    { file: 'hooks/a/x.ts', text: `await import('../../cmp/a.ts');`, says: 'hooks may not import cmp' },
    {
      file: 'ui-extension/tab/x.tsx',
      text: `export * from '../backend/a.ts';`,
      says: 'tab may not import backend',
    },
    {
      file: 'ui-extension/backend/x.ts',
      text: `let a: import('../tab/a.ts').A;`,
      says: 'backend may not import tab',
    },
    {
      file: 'ui-extension/tab/x.tsx',
      text: `import { jsx } from 'react/jsx-runtime';`,
      says: 'react/jsx-runtime',
    },
    {
      file: 'ui-extension/tab/x.tsx',
      text: `import { a } from '../../runtime/a.ts';`,
      says: 'import runtime',
    },
    { file: 'cli/x.ts', text: `const a = require('../test/a.ts');`, says: 'cli may not import test' },
    { file: 'sandbox/x.ts', text: `import '../cli/main.ts';`, says: 'sandbox may not import cli' },
    { file: 'ui-extension/x.ts', text: '', says: 'belongs to no layer' },
  ])('catch $text in $file', ({ file, text, says }) => {
    expect(violationsOf({ file, imports: importsOf(file, text) })).toEqual([expect.stringContaining(says)]);
  });

  test.each([
    { file: 'core/a/x.ts', text: `import { z } from 'zod'; import { a } from '../errors.ts';` },
    { file: 'core/x.test.ts', text: `import fc from 'fast-check'; import { planOf } from './testing.ts';` },
    { file: 'hooks/x.ts', text: `import type { Plan } from '../core/plan.ts'; import '../runtime/git.ts';` },
    { file: 'test/x.test.ts', text: `import '../sandbox/a.ts'; import '../cli/main.ts';` },
  ])('let $file do $text', ({ file, text }) => {
    expect(violationsOf({ file, imports: importsOf(file, text) })).toEqual([]);
  });

  test('follow what is loaded, but not types', () => {
    const reach = { name: 'it', from: /^cmp\//, packages: ['yaml'] };
    const read = (file: string, text: string): (typeof sources)[number] => ({
      file,
      imports: importsOf(file, text),
    });
    const some = [
      read('cmp/a.ts', `import { b } from '../core/b.ts'; import type { C } from '../core/c.ts';`),
      read('core/b.ts', `import 'yaml'; import 'express';`),
      read('core/c.ts', `import 'pino';`),
    ];
    expect(reachViolations(some, reach)).toEqual(['cmp/a.ts -> core/b.ts -> express']);
  });
});

import { describe, expect, it } from 'vitest';
import { parseJsonPath, valuesAt } from './json-path.ts';

const document = { a: { b: [{ c: 1 }, { c: 2 }] }, 'odd key': 'x', "it's": 3, list: [[1], [2, 3]] };

describe('JSON paths', () => {
  it.each([
    ['$', [document]],
    ['$.a.b[0].c', [1]],
    ['a.b[1].c', [2]],
    ['$.a.b[*].c', [1, 2]],
    ["$['odd key']", ['x']],
    ['$["odd key"]', ['x']],
    ["$['it\\'s']", [3]],
    ['$.list[*][*]', [1, 2, 3]],
    ['$.a[*]', [[{ c: 1 }, { c: 2 }]]],
    ['$.a.nothing', []],
    ['$.a.b[9]', []],
    ['$.toString', []],
    ['$.list.length', []],
  ])('%s leads to %j', (path, values) => {
    const steps = parseJsonPath(path);
    expect(steps && valuesAt(document, steps)).toEqual(values);
  });

  it.each(['$..a', '$.a[?(@.b)]', '$.', '$.a b', '$[x]', '$[-1]', '$[', "$['a"])(
    'does not understand %s',
    (path) => {
      expect(parseJsonPath(path)).toBeUndefined();
    },
  );
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonPatch } from './json-patch.ts';
import { mergePatch, strategicMergePatch, threeWayMerge } from './merge.ts';
import { parseFieldSelector, parseLabelSelector } from './selectors.ts';

const json = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 2 },
      fc.integer(),
      fc.string(),
      fc.array(fc.integer(), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('x', 'y'), tie('value')),
    ),
  })).value,
);

describe('the merge of kubectl apply', () => {
  it('leaves nothing to do when it is done again', () => {
    fc.assert(
      fc.property(json, json, json, (original, modified, current) => {
        const once = threeWayMerge({ original, modified, current }, true);
        expect(threeWayMerge({ original: modified, modified, current: once }, true)).toEqual(once);
      }),
    );
  });

  it('keeps what neither side of the apply ever named', () => {
    fc.assert(
      fc.property(json, json, (original, modified) => {
        expect(
          threeWayMerge({ original, modified, current: { ...original, theirs: 1 } }, true),
        ).toMatchObject({ theirs: 1 });
      }),
    );
  });

  it('removes a container that was applied and is no longer, and only that', () => {
    const of = (...names: string[]) => ({ containers: names.map((name) => ({ name })) });
    expect(
      threeWayMerge({ original: of('a', 'b'), modified: of('a'), current: of('a', 'b', 'injected') }, true),
    ).toEqual(of('a', 'injected'));
  });
});

describe('patches', () => {
  it('merge, remove by null and replace lists (RFC 7386)', () => {
    expect(mergePatch({ a: { b: 1, c: 2 }, l: [1] }, { a: { b: null, d: 3 }, l: [2] })).toEqual({
      a: { c: 2, d: 3 },
      l: [2],
    });
  });

  it('follow the directives of strategic merge', () => {
    const live = {
      containers: [{ name: 'a', image: '1' }, { name: 'b' }],
      finalizers: ['x', 'y'],
      map: { p: 1 },
    };
    const patch = {
      containers: [{ name: 'b', $patch: 'delete' }, { name: 'a', image: '2' }, { name: 'c' }],
      '$setElementOrder/containers': [{ name: 'a' }, { name: 'c' }],
      '$deleteFromPrimitiveList/finalizers': ['x'],
      map: { $patch: 'replace', q: 2 },
    };
    expect(strategicMergePatch(live, patch)).toEqual({
      containers: [{ name: 'a', image: '2' }, { name: 'c' }],
      finalizers: ['y'],
      map: { q: 2 },
    });
  });

  it('apply operations in order (RFC 6902), and change nothing else', () => {
    const document = { a: { 'x/y': 1 }, l: [1, 2] };
    const patch = [
      { op: 'test', path: '/a/x~1y', value: 1 },
      { op: 'add', path: '/l/-', value: 3 },
      { op: 'remove', path: '/l/0' },
      { op: 'move', from: '/a/x~1y', path: '/b' },
      { op: 'copy', from: '/b', path: '/l/0' },
    ];
    expect(jsonPatch(document, patch)).toEqual({ a: {}, b: 1, l: [1, 2, 3] });
    expect(document).toEqual({ a: { 'x/y': 1 }, l: [1, 2] });
  });

  it.each([
    [[{ op: 'test', path: '/a', value: 2 }], 422],
    [[{ op: 'remove', path: '/none' }], 422],
    [[{ op: 'replace', path: '/none', value: 1 }], 422],
    [[{ op: 'swap', path: '/a' }], 400],
    [{ op: 'add' }, 400],
  ])('are refused where they do not fit: %j', (patch, code) => {
    expect(() => jsonPatch({ a: 1 }, patch)).toThrow(expect.objectContaining({ code }));
  });
});

describe('selectors', () => {
  it.each([
    ['app=web', true],
    ['app==web,tier!=db', true],
    ['app in (api, web)', true],
    ['app notin (api)', true],
    ['none notin (api)', true],
    ['app', true],
    ['!none', true],
    ['app!=web', false],
    ['none', false],
    ['app in (api),app', false],
    ['', true],
  ])('on labels: %s', (text, matches) => {
    expect(parseLabelSelector(text)(object())).toBe(matches);
  });

  it('on fields, of which the name counts for authorization', () => {
    const selector = parseFieldSelector('metadata.name=a,status.phase!=Failed', 'Pod');
    expect(selector.name).toBe('a');
    expect(selector.matches(object())).toBe(true);
    expect(() => parseFieldSelector('spec.replicas=1', 'Deployment')).toThrow(
      'field label not supported: spec.replicas',
    );
  });

  it('that cannot be read are a bad request', () => {
    expect(() => parseLabelSelector('a b c')).toThrow(expect.objectContaining({ code: 400 }));
  });
});

function object(): {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels: Record<string, string> };
} {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', labels: { app: 'web' } } };
}

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ANCESTRY_LIMIT,
  appendAncestry,
  formatPromotionFile,
  parsePromotionFile,
  promotionFilePath,
  type AncestryEntry,
  type PromotionFile,
} from './ancestry.ts';
import { StagelineError } from './errors.ts';
import { promotionFileOf, timeOf, UPSTREAM } from './testing.ts';
import { formatTraceparent } from './trace-context.ts';

const entry: fc.Arbitrary<AncestryEntry> = fc.record(
  {
    stage: fc.string({ minLength: 1 }),
    application: fc.string(),
    commit: fc.string({ minLength: 1 }),
    freight: fc.string(),
    traceparent: fc.constant(formatTraceparent(UPSTREAM)),
    verdict: fc.constant('succeeded' as const),
    openedAt: fc.nat(4000).map(timeOf),
    promotedAt: fc.nat(4000).map(timeOf),
    author: fc.string(),
    subject: fc.string(),
    committedAt: fc.string(),
  },
  {
    requiredKeys: [
      'stage',
      'application',
      'commit',
      'freight',
      'traceparent',
      'verdict',
      'openedAt',
      'promotedAt',
    ],
  },
);

const promotionFile: fc.Arbitrary<PromotionFile> = fc.record({
  apiVersion: fc.constant('stageline.dev/v1' as const),
  pipeline: fc.string({ minLength: 1 }),
  stage: fc.string({ minLength: 1 }),
  freight: fc.record({
    id: fc.string(),
    items: fc.array(
      fc.record({
        kind: fc.constantFrom('helm-value', 'kustomize-image', 'chart-version', 'file'),
        file: fc.string(),
        key: fc.string(),
        value: fc.string(),
      }),
      { maxLength: 4 },
    ),
  }),
  traceparent: fc.constant(formatTraceparent(UPSTREAM)),
  ancestry: fc.array(entry, { maxLength: ANCESTRY_LIMIT }),
});

describe('the promotion file', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(promotionFile, (file) => {
        expect(parsePromotionFile(formatPromotionFile(file), 'f.json')).toEqual(file);
      }),
    );
  });

  test('stands in the stage’s path under the stage’s name and ends with a line break', () => {
    expect(promotionFilePath('prod')).toBe('.stageline/prod.json');
    expect(formatPromotionFile(promotionFileOf('v2')).endsWith('}\n')).toBe(true);
  });

  test('of a later release, with more fields, is read too', () => {
    const file = promotionFileOf('v2');
    const text = JSON.stringify({ ...file, more: true, freight: { ...file.freight, alias: 'x' } });
    expect(parsePromotionFile(text, 'f.json')).toEqual(file);
  });

  test.each([
    ['no JSON', '{', 'is not JSON'],
    ['no object', '[]', 'the file'],
    ['a wrong traceparent', JSON.stringify({ ...promotionFileOf('v2'), traceparent: 'x' }), 'traceparent'],
    ['no freight', JSON.stringify({ ...promotionFileOf('v2'), freight: undefined }), 'freight'],
    [
      'a wrong time',
      JSON.stringify({
        ...promotionFileOf('v2'),
        ancestry: [{ ...promotionFileOf('v2').ancestry[0], openedAt: 'yesterday' }],
      }),
      'ancestry.0.openedAt',
    ],
  ])('with %s is an error that names the file and the place', (_what, text, place) => {
    const read = (): unknown => parsePromotionFile(text, 'charts/prod/.stageline/prod.json');
    expect(read).toThrow(StagelineError);
    expect(read).toThrow(`promotion file charts/prod/.stageline/prod.json: ${place}`);
  });
});

test('a chain keeps its origin and its newest stages, in order', () => {
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 60 }), (entries) => {
      const chain = entries.reduce<AncestryEntry[]>(appendAncestry, []);
      expect(chain.length).toBe(Math.min(entries.length, ANCESTRY_LIMIT));
      expect(chain[0]).toBe(entries[0]);
      expect(chain.slice(1)).toEqual(entries.slice(1).slice(-(ANCESTRY_LIMIT - 1)));
    }),
  );
});

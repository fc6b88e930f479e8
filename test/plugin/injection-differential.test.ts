/**
 * Injection held to Kubernetes' own decoder: whatever kubectl reads in a raw manifest it reads in the injected one
 * too, and the injected annotations besides. What Kubernetes rejects stays rejected.
 */
import { describe, expect, it } from 'vitest';
import { StagelineError } from '../../core/errors.ts';
import { COMMIT, inject, TRACEPARENT, withoutInsertions, type Injected } from '../../cmp/testing/inject.ts';
import { makeDocument, randomFrom } from './support/corpus.ts';
import { HAZARDS } from './support/hazards.ts';
import { decodeAll, type Seen } from './support/oracle.ts';

const OURS = { 'stageline.dev/commit-id': COMMIT, 'stageline.dev/traceparent': TRACEPARENT };

interface Case {
  raw: Buffer;
  injected: Injected | StagelineError;
}

function caseOf(text: string): Case {
  const raw = Buffer.from(text);
  try {
    return { raw, injected: inject(raw) };
  } catch (error) {
    if (error instanceof StagelineError) return { raw, injected: error };
    throw error;
  }
}

function expected(seen: readonly Seen[]): Seen[] {
  return seen.map(({ name, annotations, rest }) => {
    const refused = annotations['stageline.dev/inject'] === 'disabled';
    return { name, annotations: sorted({ ...annotations, ...(refused ? {} : OURS) }), rest };
  });
}

function sorted(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Decodes raw and injected, and says in what they differ from what they should. */
function differences(cases: readonly Case[]): { differing: string[]; refused: string[]; accepted: number } {
  const before = decodeAll(cases.map(({ raw }) => raw));
  const outputs = cases.map(({ injected }) =>
    injected instanceof StagelineError ? Buffer.from('') : injected.output,
  );
  const after = decodeAll(outputs);
  const differing: string[] = [];
  const refused: string[] = [];
  cases.forEach(({ raw, injected }, index) => {
    const wanted = before[index];
    const got = after[index];
    if (wanted !== undefined && injected instanceof StagelineError)
      refused.push(`${injected.message}\n${raw.toString()}`);
    else if (wanted === undefined && !(injected instanceof StagelineError) && got !== undefined) {
      differing.push(`was rejected and is not any more:\n${raw.toString()}`);
    } else if (wanted !== undefined) {
      const have = got?.map((seen) => ({ ...seen, annotations: sorted(seen.annotations) }));
      if (JSON.stringify(have) !== JSON.stringify(expected(wanted))) {
        differing.push(`reads differently:\n${raw.toString()}\n${outputs[index]?.toString() ?? ''}`);
      }
    }
  });
  return { differing, refused, accepted: before.filter((seen) => seen !== undefined).length };
}

describe('injection', () => {
  it.each([1, 2, 3])(
    'changes nothing else that Kubernetes reads in a generated corpus (seed %i)',
    (seed) => {
      const random = randomFrom(seed);
      const cases = Array.from({ length: 1000 }, (_, index) => caseOf(makeDocument(random, `doc-${index}`)));
      const { differing, refused, accepted } = differences(cases);
      expect(differing).toEqual([]);
      // What cannot be kept is an error; in manifests made to fool it that is next to never.
      expect(refused.length).toBeLessThan(5);
      expect(accepted).toBeGreaterThan(700);
      const fast = cases.filter(
        ({ injected }) => !(injected instanceof StagelineError) && injected.slow === 0,
      );
      expect(fast.length).toBeGreaterThan(500);
    },
    240_000,
  );

  it('changes nothing else in one stream of many documents', () => {
    const random = randomFrom(77);
    const documents = Array.from({ length: 400 }, (_, index) => makeDocument(random, `doc-${index}`));
    const alone = decodeAll(documents.map((text) => Buffer.from(text)));
    const good = documents.filter((text, index) => alone[index] !== undefined && !text.startsWith('---'));
    const stream = caseOf(good.map((text) => `---\n${text}${text.endsWith('\n') ? '' : '\n'}`).join(''));
    expect(differences([stream])).toMatchObject({ differing: [], accepted: 1 });
  });

  it('takes nothing out: without the inserted bytes the render is what it was', () => {
    const random = randomFrom(5);
    let whole = 0;
    for (let index = 0; index < 2000; index += 1) {
      const { raw, injected } = caseOf(makeDocument(random, `doc-${index}`));
      if (injected instanceof StagelineError || injected.edits.some(({ remove }) => remove > 0)) continue;
      whole += 1;
      expect(withoutInsertions(injected.output, injected.edits)).toBe(raw.toString('latin1'));
    }
    expect(whole).toBeGreaterThan(1200);
  });

  it('reads plain scalars as Kubernetes does where a document must be written anew', () => {
    const random = randomFrom(9);
    const word = (alphabet: string): string =>
      Array.from({ length: 1 + Math.floor(random() * 6) }, () =>
        alphabet.charAt(Math.floor(random() * alphabet.length)),
      ).join('');
    const cases = Array.from({ length: 400 }, (_, index) => {
      const values = Array.from(
        { length: 8 },
        (_value, line) => `  k${line}: ${word('0123456789abefnoxyEN._+-:~')}\n`,
      );
      const keys = `  ${word('1234567abxyn_')}: a\n`;
      const anchored = `metadata: &m\n  name: doc-${index}\nagain: *m\n`;
      return caseOf(`apiVersion: v1\nkind: Plain\n${anchored}data:\n${values.join('')}${keys}`);
    });
    const { differing, refused, accepted } = differences(cases);
    expect(differing).toEqual([]);
    expect(refused).toEqual([]);
    expect(accepted).toBeGreaterThan(100);
  }, 240_000);

  it.each(HAZARDS)('keeps $title', ({ manifest, outcome }) => {
    const one = caseOf(manifest);
    const result = differences([one]);
    expect(result.differing).toEqual([]);
    expect({ rejected: result.accepted === 0, refused: result.refused.length }).toEqual({
      rejected: outcome === 'rejected',
      refused: outcome === 'refused' ? 1 : 0,
    });
  });
});

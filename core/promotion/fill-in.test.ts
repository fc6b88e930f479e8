import { describe, expect, it } from 'vitest';
import { makeFreight } from '../freight.ts';
import { fillIn, shortValue, versionsText } from './fill-in.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const freight = makeFreight([
  { kind: 'helm-value', file: 'values.yaml', key: 'frontend.tag', value: 'v2' },
  { kind: 'kustomize-image', file: 'kustomization.yaml', key: 'acme/api', value: digest },
  { kind: 'file', file: 'app.conf', key: '', value: 'cd'.repeat(32) },
]);
const plan = {
  pipeline: 'shop',
  stage: 'dev',
  commit: { id: 'c'.repeat(40), mode: 'git' as const },
  head: 'd'.repeat(40),
  freight,
};
const fill = (text: string): string => fillIn(text, { plan, target: 'prod' }, 'the title');

describe('fillIn', () => {
  it('fills in what is known of the promotion, and leaves the rest of the text', () => {
    expect(fill('{pipeline}: {stage} to {target}, {freight} of {commit} at {head}')).toBe(
      `shop: dev to prod, ${freight.id} of ${plan.commit.id} at ${plan.head}`,
    );
    expect(fill('no place, {} and { too')).toBe('no place, {} and { too');
    expect(JSON.parse(fill('{items}'))).toEqual(freight.items);
  });

  it('gives one version by its key or its file, whole', () => {
    expect(fill('{version:frontend.tag} {version:acme/api} {version:app.conf}')).toBe(
      `v2 ${digest} ${'cd'.repeat(32)}`,
    );
  });

  it('gives the promotion file where there is one', () => {
    expect(
      fillIn('{promotionFile}', { plan, target: 'prod', promotionFile: '{"stage":"{x}"}' }, 'an input'),
    ).toBe('{"stage":"{x}"}');
    expect(() => fill('{promotionFile}')).toThrow(/^the title has \{promotionFile\}, which nothing fills in/);
  });

  it.each(['{version}', '{version:backend.tag}', '{Target}'])(
    'refuses %s, and says what there is',
    (text) => {
      expect(() => fill(text)).toThrow(
        expect.objectContaining({
          code: 'PROMOTION_TEMPLATE',
          hint: expect.stringContaining('{version:<key>}'),
        }),
      );
    },
  );
});

describe('the versions in words', () => {
  it('are short where they are digests', () => {
    expect(versionsText(freight).split(', ').toSorted()).toEqual([
      'acme/api sha256:abababababab',
      'app.conf cdcdcdcdcdcd',
      'frontend.tag v2',
    ]);
    expect(shortValue('1.2.3')).toBe('1.2.3');
  });
});

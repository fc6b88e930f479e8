import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fnv1a } from './fnv1a.ts';
import { anchorName, hookJobPrefix, instanceName, ledgerName, taskJobName } from './names.ts';

const letters = fc.constantFrom(...'abz019');
const inner = fc.constantFrom(...'ab01-');

/** A DNS label, as namespaces are named. */
function label(maxInner: number): fc.Arbitrary<string> {
  return fc
    .tuple(letters, fc.array(inner, { maxLength: maxInner }), letters)
    .map(([first, middle, last]) => first + middle.join('') + last);
}

/** What Argo CD may call an application to a plugin: `<name>` or `<namespace>_<name>`. */
const application = fc
  .tuple(
    fc.option(label(20), { nil: undefined }),
    fc.array(fc.oneof(label(3), label(61)), { minLength: 1, maxLength: 4 }),
  )
  .map(([namespace, labels]) => {
    const name = labels
      .join('.')
      .slice(0, 253)
      .replace(/[-.]+$/, '');
    return namespace === undefined ? name : `${namespace}_${name}`;
  });

const role = fc.constantFrom('pre', 'post', 'promote', 'fail');

const SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

describe('for any application', () => {
  test('anchor and ledger have names that Kubernetes takes', () => {
    fc.assert(
      fc.property(application, (name) => {
        for (const made of [anchorName(name), ledgerName(name)]) {
          expect(made).toMatch(SUBDOMAIN);
          expect(made.length).toBeLessThanOrEqual(253);
        }
      }),
    );
  });

  test('a hook Job’s name with the suffix that Argo CD adds is a label value', () => {
    fc.assert(
      fc.property(application, role, (name, hook) => {
        const generated = `${hookJobPrefix(name, hook)}0123456-postsync-1900000000`;
        expect(generated).toMatch(LABEL);
        expect(generated.length).toBeLessThanOrEqual(63);
      }),
    );
  });

  test('two applications share no name, and none is both anchor and ledger', () => {
    const neighbours = application.chain((name) =>
      fc.tuple(
        fc.constant(name),
        fc.oneof(
          application,
          fc.constantFrom(
            name.replace(/_/g, '.'),
            name.replace(/[_.]/g, '-'),
            `ledger-${name}`,
            `${name.slice(0, 250)}b`,
          ),
        ),
      ),
    );
    fc.assert(
      fc.property(neighbours, role, ([one, other], hook) => {
        fc.pre(one !== other);
        const names = [one, other].flatMap((name) => [anchorName(name), ledgerName(name)]);
        expect(new Set(names).size).toBe(4);
        expect(hookJobPrefix(one, hook)).not.toBe(hookJobPrefix(other, hook));
      }),
      { numRuns: 500 },
    );
  });

  test('a task’s Job has a name that is a label value, its own for every check and attempt', () => {
    fc.assert(
      fc.property(label(48), label(48), fc.integer({ min: 1, max: 99 }), (one, other, run) => {
        fc.pre(one !== other);
        const names = [
          taskJobName('0123456789ab', `1900000000-${run}`, one),
          taskJobName('0123456789ab', `1900000000-${run}`, other),
          taskJobName('0123456789ab', `1900000000-${run + 1}`, one),
          taskJobName('ab0123456789', `1900000000-${run}`, one),
        ];
        expect(new Set(names).size).toBe(4);
        for (const name of names) {
          expect(name).toMatch(LABEL);
          expect(name.length).toBeLessThanOrEqual(63);
        }
      }),
    );
  });
});

test('ordinary names stay readable', () => {
  expect(anchorName('shop-dev')).toBe('stageline-shop-dev');
  expect(ledgerName('shop-dev')).toBe('stageline-ledger-shop-dev');
  expect(hookJobPrefix('shop-dev', 'pre')).toBe('sl-shop-dev-pre-');
  expect(taskJobName('0123456789ab', '1900000000-1', 'probe')).toBe('sl-task-01234567-1900000000-1-probe');
});

test('a_b, a.b and a-b have different anchors, ledgers and hook Jobs', () => {
  const names = ['a_b', 'a.b', 'a-b'];
  expect(new Set(names.map(anchorName)).size).toBe(3);
  expect(new Set(names.map(ledgerName)).size).toBe(3);
  expect(new Set(names.map((name) => hookJobPrefix(name, 'pre'))).size).toBe(3);
});

test('an application outside the control-plane namespace is named with its own', () => {
  expect(instanceName('shop', 'argocd', 'argocd')).toBe('shop');
  expect(instanceName('shop', 'team-a', 'argocd')).toBe('team-a_shop');
});

test('the hash is FNV-1a of the UTF-8 bytes', () => {
  expect(fnv1a('')).toBe('811c9dc5');
  expect(fnv1a('foobar')).toBe('bf9cf968');
});

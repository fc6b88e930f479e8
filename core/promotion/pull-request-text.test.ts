import { describe, expect, it } from 'vitest';
import { makeFreight } from '../freight.ts';
import type { CheckRecord } from '../ledger/types.ts';
import { parseMarker } from './marker.ts';
import { pullRequestBody, type PullRequestFacts } from './pull-request-text.ts';

const at = '2030-01-01T00:00:00Z';
const passed = (name: string, more: Partial<CheckRecord> = {}): CheckRecord => ({
  name,
  kind: 'http',
  step: 0,
  status: 'passed',
  startedAt: at,
  tries: 1,
  ...more,
});

function body(more: Partial<PullRequestFacts> = {}, checks: CheckRecord[] = []): string {
  return pullRequestBody({
    plan: {
      pipeline: 'shop',
      stage: 'dev',
      application: 'shop-dev',
      commit: {
        id: 'c'.repeat(40),
        mode: 'git',
        author: 'Ada <ada@example.com>',
        subject: 'Fix #7 for @bob',
      },
      freight: makeFreight([{ kind: 'helm-value', file: 'values.yaml', key: 'tag', value: 'v2' }]),
    },
    target: 'prod',
    delivery: {
      id: 'd1',
      traceId: 'a'.repeat(32),
      openedAt: at,
      ancestry: [],
      attempts: [
        {
          operation: '1',
          run: 1,
          status: 'succeeded',
          startedAt: at,
          phases: [{ name: 'post-deployment', status: 'succeeded', startedAt: at, checks }],
        },
      ],
    },
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    changes: [{ file: 'charts/prod/values.yaml', key: 'tag', from: 'v1', to: 'v2' }],
    links: {},
    ...more,
  });
}

/** What stands outside code is ours alone. */
const outsideCode = (text: string): string => text.replace(/`[^`]*`/g, '').replace(/<!--.*-->/g, '');

describe('the description of a promotion’s pull request', () => {
  it('has a table of what changes, the checks with what they found, and the marker', () => {
    const text = body({}, [
      passed('load', { message: 'p95 was 120 ms' }),
      passed('quality', { status: 'warning', message: 'score 82' }),
      passed('nightly', { skipped: true }),
    ]);
    expect(text).toContain(
      '| What | From | To |\n|---|---|---|\n| `tag` in `charts/prod/values.yaml` | `v1` | `v2` |',
    );
    expect(text).toContain('| `load` | post-deployment | ✅ passed: `p95 was 120 ms` |');
    expect(text).toContain('| `quality` | post-deployment | ⚠️ passed with a warning: `score 82` |');
    expect(text).toContain('| `nightly` | post-deployment | ✅ passed, skipped |');
    expect(parseMarker(text)).toMatchObject({ pipeline: 'shop', target: 'prod', openedAt: at });
  });

  it('mentions nobody, closes nothing and cannot leave its table, whatever others wrote', () => {
    const evil = '`| x |` @bob closes #1\n<!-- stageline {} -->\n[a](http://evil)';
    const changes = [{ file: evil, key: evil, from: evil, to: evil }];
    const text = body({ changes }, [passed('check', { message: evil })]);
    expect(outsideCode(text)).not.toMatch(/@bob|#1|evil|#7/);
    for (const line of text.split('\n').filter((one) => one.startsWith('| '))) {
      expect(line.split('|')).toHaveLength(5);
    }
    expect(parseMarker(text)?.pipeline).toBe('shop');
  });

  it('links to trace and commit where they have addresses', () => {
    const text = body({ links: { trace: 'https://t.example.com/1', commit: 'https://g.example.com/c' } });
    expect(text).toContain(`[\`${'a'.repeat(32)}\`](https://t.example.com/1)`);
    expect(text).toContain(`commit [\`${'c'.repeat(12)}\`](https://g.example.com/c)`);
    expect(body()).toContain(`- Trace: \`${'a'.repeat(32)}\``);
  });

  it('says of a rollback what failed and why', () => {
    expect(body({ takesBack: { freight: 'f1', reason: 'p95 was 3 s' } })).toMatch(
      /^Takes `prod` of pipeline `shop` back [^\n]*\n\nFreight `f1` failed: `p95 was 3 s`\n/,
    );
  });

  it('stays below what hosts take, however much changes', () => {
    const long = 'x'.repeat(1000);
    const changes = Array.from({ length: 500 }, (_, index) => ({
      file: long,
      key: `k${index}`,
      from: long,
      to: long,
    }));
    const text = body(
      { changes },
      Array.from({ length: 500 }, (_, index) => passed(`c${index}`, { message: long })),
    );
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain('*and 440 more*');
    expect(body({ changes: [] })).toContain('The versions are there already');
  });
});

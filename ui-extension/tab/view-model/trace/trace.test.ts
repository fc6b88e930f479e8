import { describe, expect, test } from 'vitest';
import { readLedger } from '../../../../core/ledger/read.ts';
import { deliverySpans } from '../../../../core/spans.ts';
import type { Ledger } from '../../../../core/ledger/types.ts';
import { failing, planOf, promoted, Story } from '../../testing/ledgers.ts';
import { scenarios } from '../../testing/scenarios.ts';
import { makeSpan, serviceTrace } from '../../testing/traces.ts';
import { backendAnswer, linkTemplate } from './answer.ts';
import { criticalPath, sectionsTime } from './critical-path.ts';
import { ledgerTrace } from './from-ledger.ts';
import { mergedTrace, type Span } from './span.ts';
import { matchesOf, rowsOf, searchTexts, spanTree, type Row, type SpanTree } from './tree.ts';

const START = Date.UTC(2030, 0, 1);
const NOW = START + 3_600_000;

function failedLedger(): Ledger {
  const story = new Story('dev', START);
  promoted(story, planOf({ stage: 'dev', version: 'v1' }), { at: 0, target: 'prod' });
  failing(story, planOf({ stage: 'dev', version: 'v2' }), 1000);
  return story.ledger;
}

function names(tree: SpanTree, rows: Row[]): string[] {
  return rows.map(({ at }) => `${'-'.repeat(tree.depth[at] ?? 0)}${tree.spans[at]?.name ?? ''}`);
}

describe('the trace from the ledger alone', () => {
  const ledger = failedLedger();

  test('has the spans that are exported, with their ids, names, times and verdicts', () => {
    for (const delivery of ledger.deliveries) {
      const made = ledgerTrace(ledger, delivery).spans.map((span) => ({
        id: span.id,
        parent: span.parentId,
        name: span.name,
        from: span.startedAt,
        to: span.finishedAt,
        error: span.status === 'error',
        links: span.links.map(({ traceId, spanId }) => traceId + spanId),
      }));
      const exported = deliverySpans(ledger, delivery).map((span) => ({
        id: span.spanId,
        parent: span.parentSpanId ?? '',
        name: span.name,
        from: Date.parse(span.startedAt),
        to: Date.parse(span.finishedAt),
        error: span.status === 'error',
        links: span.links.map(({ traceId, spanId }) => traceId + spanId),
      }));
      expect(made).toEqual(exported);
    }
  });

  test('shows what still runs, which nothing has exported yet', () => {
    const reading = readLedger(scenarios(NOW)['dev-running']?.ledger ?? '');
    const running = reading.kind === 'ledger' ? reading.ledger : undefined;
    const [delivery] = running?.deliveries ?? [];
    if (!running || !delivery) throw new Error('the scenario has no delivery');
    const trace = ledgerTrace(running, delivery);
    expect(trace.finished).toBe(false);
    expect(trace.spans.filter(({ status }) => status === 'running').map(({ name }) => name)).toEqual([
      'deliver shop dev',
      'attempt 1',
      'deployment',
    ]);
  });

  test('is bounded and harmless for a hostile ledger', () => {
    const reading = readLedger(scenarios(NOW)['hostile']?.ledger ?? '');
    const hostile = reading.kind === 'ledger' ? reading.ledger : undefined;
    const [delivery] = hostile?.deliveries ?? [];
    if (!hostile || !delivery) throw new Error('the scenario has no delivery');
    const { spans } = ledgerTrace(hostile, delivery);
    expect(JSON.stringify(spans).length).toBeLessThan(40_000);
    expect(spanTree(spans, NOW).range.to).toBeGreaterThan(0);
  });
});

describe('an answer of the backend', () => {
  test.each([
    [404, 'Extension not found', 'absent'],
    [404, '404 page not found', 'absent'],
    [200, '<!doctype html><title>Argo CD</title>', 'absent'],
    [200, '{}', 'absent'],
    [400, 'invalid extension', 'absent'],
    [400, 'Auth cookie not found', 'failed'],
    [401, 'Unauthorized extension request', 'denied'],
    [401, 'Invalid session', 'failed'],
    [401, '{"error":{"code":"SECRET_WRONG","message":"no","hint":"x"}}', 'failed'],
    [404, '{"error":{"code":"TRACE_NOT_FOUND","message":"no","hint":"x"}}', 'unknown'],
    [502, '', 'failed'],
    [503, '{"error":{"code":"BUSY","message":"too many","hint":"x"}}', 'failed'],
    [200, '{"source":"none","traceId":"","spans":[]}', 'no-store'],
    [200, '{"source":"jaeger","traceId":7,"spans":[]}', 'failed'],
  ])('%i %s means %s', (status, body, kind) => {
    expect(backendAnswer(status, body).kind).toBe(kind);
  });

  test('has exact times, and drops spans without an id or a time', () => {
    const body = JSON.stringify({
      source: 'jaeger',
      traceId: 'a'.repeat(32),
      spanCount: 9,
      startedAt: '2030-01-01T00:00:00.000Z',
      finished: true,
      spans: [
        { ...makeSpan(1), offsetMs: 0.25, durationMs: 0.5, events: [{ name: 'e', at: 'x' }, 4], links: 'no' },
        { ...makeSpan(2), spanId: 'short' },
        { ...makeSpan(3), startedAt: 'x', offsetMs: 'y' },
        null,
      ],
    });
    const answer = backendAnswer(200, body);
    expect(answer).toMatchObject({
      kind: 'trace',
      trace: { spanCount: 9, spans: [{ startedAt: START + 0.25, finishedAt: START + 0.75, events: [] }] },
    });
  });

  test('gives an address of traces only where it names one', () => {
    expect(linkTemplate(200, '{"source":"jaeger","trace":"https://j/{traceId}"}')).toBe(
      'https://j/{traceId}',
    );
    expect(linkTemplate(200, '{"source":"none"}')).toBeUndefined();
    expect(linkTemplate(401, 'Unauthorized')).toBeUndefined();
  });

  test('is completed with what only the ledger knows', () => {
    const ledger = failedLedger();
    const [delivery] = ledger.deliveries;
    if (!delivery) throw new Error('no delivery');
    const known = ledgerTrace(ledger, delivery);
    const stored = { ...known, spans: known.spans.slice(0, 3), spanCount: 3 };
    expect(mergedTrace(stored, known)?.spans.map(({ id }) => id)).toEqual(known.spans.map(({ id }) => id));
    expect(mergedTrace(undefined, known)).toBe(known);
    expect(mergedTrace(undefined, undefined)).toBeUndefined();
  });
});

describe('the tree', () => {
  const span = (id: string, parentId: string, more: Partial<Span>): Span => ({
    id,
    parentId,
    name: id,
    service: 's',
    kind: '',
    startedAt: 0,
    finishedAt: 1,
    status: 'ok',
    message: '',
    attributes: [{ key: 'http.route', value: `/${id}` }],
    events: [],
    links: [],
    ...more,
  });
  const spans = [
    span('root', '', { startedAt: 0, finishedAt: 100 }),
    span('late', 'root', { startedAt: 60, finishedAt: 95, status: 'error' }),
    span('early', 'root', { startedAt: 5, finishedAt: 40 }),
    span('leaf', 'early', { startedAt: 10, finishedAt: 30 }),
    span('lost', 'nowhere', { startedAt: 20, finishedAt: 25 }),
  ];
  const tree = spanTree(spans, 100);
  const all = { folded: new Set<string>(), errorsFirst: false, wanted: undefined };

  test('is by start, with spans whose parent is missing at its end', () => {
    expect(names(tree, rowsOf(tree, all))).toEqual(['root', '-early', '--leaf', '-late', 'lost']);
    expect([tree.orphans, tree.failed, tree.range]).toEqual([1, 1, { from: 0, to: 100 }]);
  });

  test('has what broke first where asked, and folds', () => {
    expect(names(tree, rowsOf(tree, { ...all, errorsFirst: true }))[1]).toBe('-late');
    expect(names(tree, rowsOf(tree, { ...all, folded: new Set(['early']) }))).toEqual([
      'root',
      '-early',
      '-late',
      'lost',
    ]);
  });

  test('shows what is searched for with what holds it, folded or not', () => {
    const wanted = matchesOf(searchTexts(spans), 'ROUTE=/leaf');
    expect(names(tree, rowsOf(tree, { ...all, folded: new Set(['early']), wanted }))).toEqual([
      'root',
      '-early',
      '--leaf',
    ]);
    expect(rowsOf(tree, { ...all, wanted: matchesOf(searchTexts(spans), 'leaf early') })).toEqual([]);
  });

  test('loses no span of a circle, and holds a chain of any depth', () => {
    const circle = spanTree(
      [
        span('a', 'b', { startedAt: 0, finishedAt: 1 }),
        span('b', 'a', { startedAt: 0, finishedAt: 1 }),
        span('c', 'c', { startedAt: 0, finishedAt: 1 }),
      ],
      1,
    );
    expect(
      rowsOf(circle, all)
        .map(({ at }) => at)
        .toSorted(),
    ).toEqual([0, 1, 2]);
    const deep = Array.from({ length: 20_000 }, (_, at) =>
      span(`s${at}`, at === 0 ? '' : `s${at - 1}`, { startedAt: at, finishedAt: 30_000 }),
    );
    const chain = spanTree(deep, 30_000);
    expect([rowsOf(chain, all).length, criticalPath(chain).size]).toEqual([20_000, 20_000]);
  });

  test('has a critical path that covers the time of the root exactly once', () => {
    const path = criticalPath(tree);
    expect([...path].map(([at, sections]) => [spans[at]?.name, sections])).toEqual([
      [
        'root',
        [
          { from: 0, to: 5 },
          { from: 40, to: 60 },
          { from: 95, to: 100 },
        ],
      ],
      [
        'early',
        [
          { from: 5, to: 10 },
          { from: 30, to: 40 },
        ],
      ],
      ['leaf', [{ from: 10, to: 30 }]],
      ['late', [{ from: 60, to: 95 }]],
    ]);
    const many = spanTree(serviceTrace(2000).spans, NOW);
    const [root = 0] = many.roots;
    const covered = [...criticalPath(many).values()].reduce(
      (sum, sections) => sum + sectionsTime(sections),
      0,
    );
    expect(covered).toBeCloseTo((many.ends[root] ?? 0) - (many.spans[root]?.startedAt ?? 0), 3);
  });
});

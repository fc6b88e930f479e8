import { describe, expect, it } from 'vitest';
import { parseTraces } from '../jaeger/otlp.ts';
import type { SourceSpan } from '../jaeger/otlp.ts';
import { NOW_MS, STARTED_NS, TRACE, deliveryTrace, otlpSpan, tracesData } from '../testing/spans.ts';
import type { OtlpSpan } from '../testing/spans.ts';
import { traceAnswer, traceSummary, withoutRepeats } from './answer.ts';
import { belongsTo, ownersOf } from './owners.ts';

const CALLER = { application: 'shop-dev', project: 'shop' };
const OPTIONS = { now: NOW_MS, maxSpans: 1000 };

function read(spans: OtlpSpan[], service = 'stageline'): SourceSpan[] {
  return parseTraces(JSON.stringify(tracesData(spans, service))) ?? [];
}

function isOurs(...spans: OtlpSpan[]): boolean {
  return belongsTo(ownersOf(read(spans)), CALLER);
}

describe('a trace belongs to an application', () => {
  const own = otlpSpan({ index: 0, application: 'shop-dev' });
  const service = otlpSpan({ index: 1, attributes: { 'http.route': '/cart' } });

  it('when its spans name that one and no other', () => {
    expect(isOurs(own)).toBe(true);
    expect(isOurs(own, service)).toBe(true);
    expect(isOurs(service, otlpSpan({ index: 2, application: 'shop-dev' }))).toBe(true);
  });

  it('not when no span names one', () => {
    expect(isOurs(service)).toBe(false);
    expect(isOurs()).toBe(false);
  });

  it('not when any span names another: adding a span to a foreign trace opens nothing', () => {
    const foreign = otlpSpan({ index: 3, application: 'other' });
    expect(isOurs(foreign)).toBe(false);
    expect(isOurs(own, foreign)).toBe(false);
    expect(isOurs(foreign, own)).toBe(false);
  });

  it('not when the name is a list or a number', () => {
    const list = {
      ...own,
      attributes: [
        { key: 'stageline.application', value: { arrayValue: { values: [{ stringValue: 'shop-dev' }] } } },
      ],
    };
    expect(isOurs(list)).toBe(false);
    expect(isOurs(otlpSpan({ index: 0, attributes: { 'stageline.application': 1 } }))).toBe(false);
  });

  it('only within the project that its spans name, if they name one', () => {
    expect(isOurs(own, otlpSpan({ index: 1, attributes: { 'stageline.project': 'shop' } }))).toBe(true);
    expect(isOurs(own, otlpSpan({ index: 1, attributes: { 'stageline.project': 'other' } }))).toBe(false);
  });
});

describe('the answer for a trace', () => {
  it('has the spans by start, repeats once, with exact places', () => {
    const spans = deliveryTrace('shop-dev', { count: 3 });
    const answer = traceAnswer(TRACE, withoutRepeats(read([...spans.toReversed(), ...spans])), OPTIONS);
    expect(answer).toMatchObject({
      source: 'jaeger',
      traceId: TRACE,
      finished: true,
      truncated: false,
      spanCount: 3,
      startedAt: '2026-01-02T03:04:05.000Z',
      finishedAt: '2026-01-02T03:04:05.300Z',
    });
    expect(answer.spans.map(({ name, offsetMs, durationMs }) => [name, offsetMs, durationMs])).toEqual([
      ['deliver shop dev', 0, 100],
      ['check 1', 100, 100],
      ['check 2', 200, 100],
    ]);
  });

  it('is finished once the root span is there and nothing was added for a minute', () => {
    const spans = read(deliveryTrace('shop-dev', { count: 3 }));
    const ended = Number(STARTED_NS / 1_000_000n) + 300;
    const finished = (list: SourceSpan[], now: number) =>
      traceAnswer(TRACE, list, { ...OPTIONS, now }).finished;
    expect(finished(spans, ended + 59_000)).toBe(false);
    expect(finished(spans, ended + 61_000)).toBe(true);
    expect(finished(spans.slice(1), ended + 61_000)).toBe(false);
  });

  it('shows the attributes of Stageline’s spans, and of others only what was called and what broke', () => {
    const secret = {
      'url.full': 'https://shop/cart?token=hunter2',
      'http.request.header.authorization': 'Bearer hunter2',
      'db.query.text': "select * from users where password = 'hunter2'",
      'exception.stacktrace': 'hunter2',
      'user.email': 'hunter2',
    };
    const shown = { 'http.route': '/cart', 'http.response.status_code': 500, 'exception.type': 'Error' };
    const foreign = otlpSpan({
      index: 1,
      attributes: { ...secret, ...shown },
      events: [
        {
          name: 'exception',
          timeUnixNano: String(STARTED_NS),
          attributes: [{ key: 'exception.stacktrace', value: { stringValue: 'hunter2' } }],
        },
      ],
    });
    const own = otlpSpan({
      index: 0,
      application: 'shop-dev',
      attributes: { team: 'blue', 'url.full': 'https://git/pull/7' },
    });
    const answer = traceAnswer(TRACE, read([own, foreign]), OPTIONS);
    expect(answer.spans[0]?.attributes).toEqual({
      'stageline.application': 'shop-dev',
      team: 'blue',
      'url.full': 'https://git/pull/7',
    });
    expect(answer.spans[1]?.attributes).toEqual(shown);
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });

  it('hands out no address that is not one of the web', () => {
    const own = otlpSpan({
      index: 0,
      application: 'shop-dev',
      attributes: { 'url.full': 'javascript:alert(1)' },
    });
    expect(traceAnswer(TRACE, read([own]), OPTIONS).spans[0]?.attributes).not.toHaveProperty(['url.full']);
  });

  it('is bounded in spans, attributes and texts, and keeps the telling spans', () => {
    const many = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`k8s.${index}`, 'x'.repeat(5000)]),
    );
    const spans = [
      ...Array.from({ length: 30 }, (_, index) =>
        otlpSpan({ index: index + 1, attributes: many, name: 'n'.repeat(9000) }),
      ),
      otlpSpan({ index: 31, name: 'broken', status: { code: 2, message: 'm'.repeat(9000) } }),
      otlpSpan({ index: 0, application: 'shop-dev' }),
    ];
    const answer = traceAnswer(TRACE, read(spans), { ...OPTIONS, maxSpans: 10 });
    expect([answer.truncated, answer.spanCount, answer.spans.length]).toEqual([true, 32, 10]);
    expect(answer.spans.at(0)?.name).toBe('deliver shop dev');
    expect(answer.spans.at(-1)).toMatchObject({ name: 'broken', status: 'error' });
    expect(answer.spans.at(-1)?.statusMessage).toHaveLength(2000);
    expect(Object.keys(answer.spans.at(1)?.attributes ?? {})).toHaveLength(64);
    expect(JSON.stringify(answer).length).toBeLessThan(10 * (64 * 2100 + 10_000));
  });
});

describe('a line in a list of traces', () => {
  it('says what was delivered where, and how it went', () => {
    expect(traceSummary(TRACE, read(deliveryTrace('shop-dev', { count: 3 })), NOW_MS)).toEqual({
      traceId: TRACE,
      name: 'deliver shop dev',
      pipeline: 'shop',
      stage: 'dev',
      commit: '0123456789abcdef0123456789abcdef01234567',
      freight: 'f00d',
      startedAt: '2026-01-02T03:04:05.000Z',
      finishedAt: '2026-01-02T03:04:05.300Z',
      status: 'ok',
      finished: true,
      spanCount: 3,
    });
  });

  it('is made of what is there while the root span is not', () => {
    const summary = traceSummary(TRACE, read(deliveryTrace('shop-dev', { count: 3 }).slice(1)), NOW_MS);
    expect(summary).toMatchObject({ name: 'check 1', stage: 'dev', finished: false });
  });
});

import { describe, expect, it } from 'vitest';
import { attribute, deliveryTrace, otlpSpan, TRACE, tracesData } from '../testing/spans.ts';
import { isJaegerError, parseTraces } from './otlp.ts';

const spans = deliveryTrace('shop-dev', { count: 3 });

function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

describe('an answer of the trace store', () => {
  it('is read as the HTTP gateway of Jaeger writes it', () => {
    const [root, check] = parseTraces(JSON.stringify({ result: tracesData(spans) })) ?? [];
    expect(root).toMatchObject({
      traceId: TRACE,
      spanId: '0000000000000001',
      name: 'deliver shop dev',
      kind: 'internal',
      start: 1_767_323_045_000_000_000n,
      end: 1_767_323_045_100_000_000n,
      status: 'ok',
      resource: { 'service.name': 'stageline' },
      links: [
        { traceId: 'b'.repeat(32), spanId: 'c'.repeat(16), attributes: { 'stageline.stage': 'build' } },
      ],
    });
    expect(root?.parentSpanId).toBeUndefined();
    expect(check?.parentSpanId).toBe('0000000000000001');
    expect(check?.attributes).toMatchObject({
      'stageline.application': 'shop-dev',
      'stageline.check.value': 1 / 7,
    });
  });

  it('means the same in every form that it has had', () => {
    const expected = parseTraces(JSON.stringify({ result: tracesData(spans) }));
    const inBase64 = spans.map((span) => ({
      ...span,
      traceId: base64(span.traceId),
      spanId: base64(span.spanId),
      parentSpanId: base64(span.parentSpanId ?? ''),
      links: span.links?.map((link) => ({
        ...link,
        traceId: base64(link.traceId),
        spanId: base64(link.spanId),
      })),
    }));
    const named = spans.map((span) => ({
      ...span,
      kind: 'SPAN_KIND_INTERNAL',
      status: { code: 'STATUS_CODE_OK' },
      traceId: span.traceId.toUpperCase(),
      newField: { of: 'a later version' },
    }));
    const [group] = JSON.parse(JSON.stringify(tracesData(spans))).resourceSpans;
    const old = { resource: group.resource, instrumentationLibrarySpans: group.scopeSpans };
    const forms = [
      JSON.stringify(tracesData(spans)),
      JSON.stringify({ result: tracesData(inBase64), nextPageToken: '' }),
      JSON.stringify({ result: tracesData(named) }, null, 2),
      JSON.stringify({ result: { resourceSpans: [old] } }),
      spans.map((span) => JSON.stringify({ result: tracesData([span]) })).join('\n'),
    ];
    for (const form of forms) expect(parseTraces(form)).toEqual(expected);
  });

  it('is empty when there are no traces', () => {
    for (const none of [{ result: {} }, { result: { resourceSpans: null } }, { resourceSpans: [] }]) {
      expect(parseTraces(JSON.stringify(none))).toEqual([]);
    }
  });

  it.each([
    '',
    '<!doctype html><title>Jaeger UI</title>',
    '{}',
    '[]',
    'null',
    '{"data":[]}',
    '{"result":[1]}',
    '{"result":',
  ])('that is something else is told from an empty one: %s', (text) =>
    expect(parseTraces(text)).toBeUndefined(),
  );

  it('that breaks off with an error in its midst is no answer', () => {
    const text = `${JSON.stringify({ result: tracesData(spans) })}\n{"error":{"message":"storage gone"}}\n`;
    expect(parseTraces(text)).toBeUndefined();
  });

  it('loses only the spans that cannot be read', () => {
    const broken = [
      { ...spans[0], spanId: 'xyz' },
      { ...spans[0], traceId: '0'.repeat(32) },
      { ...spans[0], startTimeUnixNano: 'yesterday' },
      { ...spans[0], startTimeUnixNano: '9'.repeat(19) },
      { ...spans[0], attributes: 'none' },
      spans[1],
    ];
    const read = parseTraces(JSON.stringify({ result: tracesData(broken) }));
    expect(read?.map(({ spanId }) => spanId)).toEqual([spans[1]?.spanId]);
  });

  it('keeps values that JavaScript has no number for as text', () => {
    const values = [
      { key: 'int', value: { intValue: '42' } },
      { key: 'long', value: { intValue: '9223372036854775807' } },
      { key: 'nan', value: { doubleValue: 'NaN' } },
      { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }] } } },
      { key: 'bytes', value: { bytesValue: 'AAAA' } },
      attribute('__proto__', 'polluted'),
    ];
    const span = { ...otlpSpan({ index: 0 }), attributes: values };
    const [read] = parseTraces(JSON.stringify(tracesData([span]))) ?? [];
    expect(Object.entries(read?.attributes ?? {})).toEqual([
      ['int', 42],
      ['long', '9223372036854775807'],
      ['nan', 'NaN'],
      ['list', ['a', '1']],
      ['__proto__', 'polluted'],
    ]);
    expect(Object.hasOwn({}, 'polluted')).toBe(false);
  });

  it('never has a span end before it starts', () => {
    const span = otlpSpan({ index: 5, endTimeUnixNano: '1' });
    const [read] = parseTraces(JSON.stringify(tracesData([span]))) ?? [];
    expect(read?.end).toBe(read?.start);
  });
});

describe("Jaeger's own error", () => {
  it.each([
    ['{"error":{"httpCode":404,"message":"No traces found"}}\n', true],
    ['{"code":5,"message":"trace not found"}', true],
    ['404 page not found\n', false],
    ['<html></html>', false],
    ['"error"', false],
  ])('is told from the page of some other server: %s', (text, expected) => {
    expect(isJaegerError(text)).toBe(expected);
  });
});

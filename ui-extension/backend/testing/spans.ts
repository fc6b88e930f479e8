/** Makes spans in OTLP JSON as Stageline's hook runner and the services under test send them. */

export interface OtlpValue {
  stringValue?: string;
  intValue?: string | number;
  doubleValue?: number | string;
  boolValue?: boolean;
  arrayValue?: { values: OtlpValue[] };
}

export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind?: number | string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: OtlpValue }[];
  status?: { code?: number | string; message?: string };
  events?: { name: string; timeUnixNano: string; attributes?: { key: string; value: OtlpValue }[] }[];
  links?: { traceId: string; spanId: string; attributes?: { key: string; value: OtlpValue }[] }[];
}

export const TRACE = '0af7651916cd43dd8448eb211c80319c';
/** 2026-01-02T03:04:05Z, where the clock of the tests is an hour later. */
export const STARTED_NS = 1_767_323_045_000_000_000n;
export const NOW_MS = Number(STARTED_NS / 1_000_000n) + 3_600_000;

export function attribute(key: string, value: string | number | boolean): { key: string; value: OtlpValue } {
  if (typeof value === 'string') return { key, value: { stringValue: value } };
  if (typeof value === 'boolean') return { key, value: { boolValue: value } };
  return { key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } };
}

export interface SpanOptions extends Partial<Omit<OtlpSpan, 'attributes'>> {
  /** Its place in the trace: gives id, start and end. */
  index: number;
  application?: string;
  attributes?: Record<string, string | number | boolean>;
}

/** A span of a tenth of a second, one after the other; the first is the root. */
export function otlpSpan({ index, application, attributes = {}, ...rest }: SpanOptions): OtlpSpan {
  const start = STARTED_NS + BigInt(index) * 100_000_000n;
  return {
    traceId: TRACE,
    spanId: (index + 1).toString(16).padStart(16, '0'),
    ...(index === 0 ? {} : { parentSpanId: '1'.padStart(16, '0') }),
    name: index === 0 ? 'deliver shop dev' : `check ${index}`,
    kind: 1,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 100_000_000n),
    attributes: Object.entries({
      ...(application === undefined ? {} : { 'stageline.application': application }),
      ...attributes,
    }).map(([key, value]) => attribute(key, value)),
    status: { code: 1 },
    ...rest,
  };
}

/** A delivery's trace as core/spans.ts makes it: as many attributes on each span as there. */
export function deliveryTrace(
  application: string,
  { traceId = TRACE, count = 100 }: { traceId?: string; count?: number } = {},
): OtlpSpan[] {
  return Array.from({ length: count }, (_, index) =>
    otlpSpan({
      index,
      application,
      traceId,
      attributes: {
        'cicd.pipeline.name': 'shop',
        'cicd.pipeline.run.id': 'd1f0c0ffee',
        'deployment.environment.name': 'dev',
        'deployment.id': 'd1f0c0ffee',
        'stageline.freight.id': 'f00d',
        'stageline.commit.id': '0123456789abcdef0123456789abcdef01234567',
        'cicd.pipeline.task.name': `check ${index}`,
        'cicd.pipeline.task.run.result': 'success',
        'stageline.check.kind': 'probe',
        'stageline.check.value': index / 7,
      },
      ...(index === 0
        ? {
            links: [
              {
                traceId: 'b'.repeat(32),
                spanId: 'c'.repeat(16),
                attributes: [attribute('stageline.stage', 'build')],
              },
            ],
          }
        : {}),
    }),
  );
}

/** `spans` may be anything, for what is broken or of another version. */
export function tracesData(spans: readonly unknown[], service = 'stageline'): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: [attribute('service.name', service)] },
        scopeSpans: [{ scope: { name: 'stageline' }, spans }],
      },
    ],
  };
}

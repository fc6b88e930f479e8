/**
 * Sends spans made from a ledger by OTLP over HTTP/protobuf, where the standard `OTEL_*` variables say so. Ids and
 * times come from the ledger, so a repeat sends the same. Nothing here can delay or fail what the spans are about.
 */
import { SpanKind, SpanStatusCode, TraceFlags, type Context } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { messageOf } from '../../core/errors.ts';
import type { SpanModel } from '../../core/spans.ts';
import type { Logger } from '../log.ts';

export interface ExportOptions {
  /** Must be the process's own environment: the exporter reads the `OTEL_EXPORTER_OTLP_*` variables itself. */
  env: NodeJS.ProcessEnv;
  log: Logger;
  /** The longest that the export may take, in milliseconds. */
  budgetMs?: number;
}

export type ExportResult =
  | { status: 'exported'; spans: number }
  | { status: 'off' }
  /** Said once in the log, never an error of the delivery. */
  | { status: 'failed'; reason: string };

export const EXPORT_BUDGET_MS = 3000;
const BATCH = 512;
const SERVICE_NAME = 'stageline';
const TRACER_NAME = 'stageline';

/** Whether the environment names a place to send traces to. */
export function isExportOn(env: NodeJS.ProcessEnv): boolean {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false;
  const exporters = env['OTEL_TRACES_EXPORTER'];
  if (exporters && !exporters.split(',').some((name) => name.trim() === 'otlp')) return false;
  return Boolean(env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT']);
}

/** Sends spans within the budget. Never throws. */
export async function exportSpans(
  spans: readonly SpanModel[],
  options: ExportOptions,
): Promise<ExportResult> {
  if (spans.length === 0 || !isExportOn(options.env)) return { status: 'off' };
  const budgetMs = options.budgetMs ?? EXPORT_BUDGET_MS;
  const protocol =
    options.env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] || options.env['OTEL_EXPORTER_OTLP_PROTOCOL'];
  if (protocol && protocol !== 'http/protobuf')
    options.log.warn(`traces are sent by http/protobuf; the OTLP protocol "${protocol}" is not supported`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ExportResult>((resolve) => {
    timer = setTimeout(
      () => resolve({ status: 'failed', reason: `no answer within ${budgetMs} ms` }),
      budgetMs,
    );
  });
  const sent = send(spans, budgetMs).catch((error: unknown): ExportResult => ({
    status: 'failed',
    reason: messageOf(error),
  }));
  const result = await Promise.race([sent, late]);
  clearTimeout(timer);
  if (result.status === 'failed')
    options.log.warn(
      'the trace could not be sent; the ledger has it, "stageline trace replay" sends it again',
      {
        reason: result.reason,
      },
    );
  else options.log.debug('trace sent', { spans: spans.length });
  return result;
}

async function send(spans: readonly SpanModel[], budgetMs: number): Promise<ExportResult> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  const readable = await readableSpans(spans);
  const exporter = new OTLPTraceExporter({ timeoutMillis: Math.max(1, budgetMs - 200) });
  for (let start = 0; start < readable.length; start += BATCH) {
    const batch = readable.slice(start, start + BATCH);
    const error = await new Promise<Error | undefined>((resolve) => {
      exporter.export(batch, (result) =>
        resolve(result.code === 0 ? undefined : (result.error ?? new Error('the exporter gave no reason'))),
      );
    });
    if (error) return { status: 'failed', reason: messageOf(error) };
  }
  return { status: 'exported', spans: readable.length };
}

/** The SDK's own spans, made with the ledger's ids and times. */
export async function readableSpans(spans: readonly SpanModel[]): Promise<ReadableSpan[]> {
  const { NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node');
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } =
    await import('@opentelemetry/resources');
  const { ROOT_CONTEXT, trace } = await import('@opentelemetry/api');
  const ended: ReadableSpan[] = [];
  const ids = { traceId: '', spanId: '' };
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': SERVICE_NAME }))
      .merge(detectResources({ detectors: [envDetector] })),
    idGenerator: { generateTraceId: () => ids.traceId, generateSpanId: () => ids.spanId },
    spanProcessors: [collecting(ended)],
  });
  const tracer = provider.getTracer(TRACER_NAME);
  for (const model of spans) {
    ids.traceId = model.traceId;
    ids.spanId = model.spanId;
    const parent: Context =
      model.parentSpanId === undefined
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            traceId: model.traceId,
            spanId: model.parentSpanId,
            traceFlags: TraceFlags.SAMPLED,
          });
    const span = tracer.startSpan(
      model.name,
      {
        kind: SpanKind.INTERNAL,
        startTime: new Date(model.startedAt),
        attributes: model.attributes,
        links: model.links.map(({ traceId, spanId, attributes }) => ({
          context: { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true },
          attributes,
        })),
      },
      parent,
    );
    for (const event of model.events) span.addEvent(event.name, event.attributes, new Date(event.at));
    if (model.status === 'ok') span.setStatus({ code: SpanStatusCode.OK });
    if (model.status === 'error') {
      const message = model.statusMessage === undefined ? {} : { message: model.statusMessage };
      span.setStatus({ code: SpanStatusCode.ERROR, ...message });
    }
    span.end(new Date(model.finishedAt));
  }
  return ended;
}

function collecting(ended: ReadableSpan[]): SpanProcessor {
  return {
    onStart: () => undefined,
    onEnd: (span) => {
      ended.push(span);
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

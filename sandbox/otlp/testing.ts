/** For the tests of this folder: a trace out of OpenTelemetry's own exporter. */
import { context, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

/** Sends two spans to the receiver: a child that broke, and its parent with a link; the child comes first. */
export async function exportOneTrace(url: string): Promise<void> {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'tester' }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${url}/v1/traces` }))],
  });
  const tracer = provider.getTracer('test');
  const linked = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 };
  const parent = tracer.startSpan('parent', {
    startTime: [1, 5000],
    links: [{ context: linked, attributes: { why: 'link' } }],
    attributes: { a: 'x', n: 3, f: 0.5, b: true, l: ['p', 'q'] },
  });
  const child = tracer.startSpan('child', { startTime: [2, 0] }, trace.setSpan(context.active(), parent));
  child.addEvent('happened', { e: 1 }, [2, 500_000_000]);
  child.setStatus({ code: 2, message: 'broke' });
  child.end([3, 0]);
  parent.end([4, 0]);
  await provider.forceFlush();
  await provider.shutdown();
}

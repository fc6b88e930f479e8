/** Makes the demo's report again from what it left in its folder: the Git repository and the received spans. */
import path from 'node:path';
import { parsePipeline } from '../../core/pipeline/parse.ts';
import { git } from '../../runtime/git.ts';
import type { DemoReport, StageReport, ReportStatus } from '../../sandbox/demo/report.ts';
import type { ReceivedSpan } from '../../sandbox/otlp/index.ts';
import { keptSpans } from './run-demo.ts';

const RESULT: Record<string, ReportStatus> = {
  success: 'succeeded',
  failure: 'failed',
  error: 'failed',
  cancellation: 'failed',
};

/** The report, with the checks of a phase in the order of their names. Reads neither ledgers nor the report's code. */
export async function deriveReport(directory: string): Promise<DemoReport> {
  const repository = { gitDir: path.join(directory, 'shop.git') };
  const text = await git(['show', 'main:stageline.yaml'], repository);
  const { pipeline } = parsePipeline(text, 'stageline.yaml');
  const newest = ['log', '-1', '--format=%H', 'main', '--', 'charts/dev/values.yaml'];
  const originCommit = (await git(newest, repository)).trim();
  const spans = keptSpans(directory);
  const roots: ReceivedSpan[] = [];
  const stages = pipeline.stages.map((stage): StageReport => {
    const root = spans.find(
      (span) =>
        span.parentSpanId === '' &&
        span.attributes['deployment.environment.name'] === stage.name &&
        (span.attributes['stageline.commit.id'] === originCommit ||
          span.links.some(({ traceId }) => roots.some((earlier) => earlier.traceId === traceId))),
    );
    const common = { stage: stage.name, application: String(stage.application) };
    if (!root) return { ...common, ...NONE };
    roots.push(root);
    return { ...common, ...stageOf(root, { spans, roots }) };
  });
  const chain = roots.map(stageName).toReversed();
  return { pipeline: pipeline.pipeline, originCommit, stages, chain };
}

const NONE = {
  status: 'none',
  commitId: null,
  freight: null,
  traceId: null,
  rootSpanId: null,
  links: [],
  phases: [],
} satisfies Partial<StageReport>;

function stageOf(
  root: ReceivedSpan,
  known: { spans: ReceivedSpan[]; roots: ReceivedSpan[] },
): Omit<StageReport, 'stage' | 'application'> {
  const own = unique(known.spans.filter(({ traceId }) => traceId === root.traceId));
  const promotion = own.find((span) => 'stageline.promotion.target' in span.attributes);
  const phases = own
    .filter((span) => 'stageline.phase' in span.attributes && !('stageline.check.kind' in span.attributes))
    .toSorted((a, b) => (BigInt(a.startTimeUnixNano) < BigInt(b.startTimeUnixNano) ? -1 : 1));
  return {
    status: root.attributes['deployment.status'] as StageReport['status'],
    commitId: String(root.attributes['stageline.commit.id']),
    freight: String(root.attributes['stageline.freight.id']),
    traceId: root.traceId,
    rootSpanId: root.spanId,
    links: root.links.map(({ traceId, spanId }) => {
      const other = known.roots.find((span) => span.traceId === traceId);
      return { traceId, spanId, stage: other ? stageName(other) : null };
    }),
    phases: phases.map((phase) => ({
      name: phase.name,
      status: resultOf(phase),
      checks: own.filter(({ parentSpanId }) => parentSpanId === phase.spanId).map(checkOf),
    })),
    ...(promotion
      ? {
          promotion: {
            target: String(promotion.attributes['stageline.promotion.target']),
            commit: String(promotion.attributes['vcs.ref.head.revision']),
            traceparent: `00-${promotion.traceId}-${promotion.spanId}-01`,
          },
        }
      : {}),
  };
}

/** `none` if the span has no result, which no phase or check of a report can be. */
function resultOf(span: ReceivedSpan): ReportStatus {
  return RESULT[String(span.attributes['cicd.pipeline.task.run.result'])] ?? 'none';
}

function checkOf(span: ReceivedSpan): StageReport['phases'][number]['checks'][number] {
  const value = span.attributes['stageline.check.value'];
  return {
    name: span.name,
    kind: String(span.attributes['stageline.check.kind']),
    status: resultOf(span),
    startedAt: timeOf(span.startTimeUnixNano),
    finishedAt: timeOf(span.endTimeUnixNano),
    ...(typeof value === 'number' ? { value } : {}),
  };
}

function stageName(root: ReceivedSpan): string {
  return String(root.attributes['deployment.environment.name']);
}

/** A span may have come more than once. */
function unique(spans: ReceivedSpan[]): ReceivedSpan[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  return [...byId.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function timeOf(nanoseconds: string): string {
  return new Date(Number(BigInt(nanoseconds) / 1_000_000n)).toISOString();
}

/** The report as `deriveReport` gives it. */
export function inOrderOfNames(report: DemoReport): DemoReport {
  const stages = report.stages.map((stage) => ({
    ...stage,
    phases: stage.phases.map((phase) => ({
      ...phase,
      checks: phase.checks.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    })),
  }));
  return { ...report, stages };
}

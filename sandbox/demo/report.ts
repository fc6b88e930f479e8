/** The demo's JSON document: what became of one version, from the ledgers alone. */
import type { CheckStatus, DeliveryRecord, Ledger, PhaseStatus } from '../../core/ledger/types.ts';
import { instanceNameOf } from '../../core/pipeline/find-stage.ts';
import { upstreamsOf } from '../../core/pipeline/parse.ts';
import type { Pipeline, Stage } from '../../core/pipeline/schema.ts';
import { rootSpanId } from '../../core/spans.ts';
import { parseTraceparent } from '../../core/trace-context.ts';

export interface DemoReport {
  pipeline: string;
  originCommit: string;
  stages: StageReport[];
  /** Stage names from the last that the version reached back to the first. */
  chain: string[];
}

/** One vocabulary for stages, phases and checks; `none` is a stage without a delivery. */
export type ReportStatus = 'none' | 'running' | 'succeeded' | 'failed';

export interface StageReport {
  stage: string;
  application: string;
  status: ReportStatus;
  commitId: string | null;
  freight: string | null;
  traceId: string | null;
  rootSpanId: string | null;
  links: { traceId: string; spanId: string; stage: string | null }[];
  phases: { name: string; status: ReportStatus; checks: CheckReport[] }[];
  promotion?: { target: string; commit: string | null; traceparent: string };
}

interface CheckReport {
  name: string;
  kind: string;
  status: ReportStatus;
  startedAt: string;
  finishedAt: string | null;
  value?: number;
}

export interface ReportInput {
  pipeline: Pipeline;
  /** By application name. */
  ledgers: ReadonlyMap<string, Ledger>;
  originCommit: string;
}

/** The report on the version that `originCommit` brought. */
export function reportOf(input: ReportInput): DemoReport {
  const stages = input.pipeline.stages.map((stage) => stageReport(stage, deliveryOf(stage, input)));
  return {
    pipeline: input.pipeline.pipeline,
    originCommit: input.originCommit,
    stages,
    chain: chainOf(input),
  };
}

/** The delivery of a version into a stage: the first stages deliver its own commit, the others name it as origin. */
export function deliveryOf(stage: Stage, input: ReportInput): DeliveryRecord | undefined {
  const deliveries = input.ledgers.get(instanceNameOf(stage))?.deliveries ?? [];
  const isFirst = upstreamsOf(stage).length === 0;
  return deliveries.find((delivery) =>
    isFirst ? delivery.commit.id === input.originCommit : delivery.ancestry[0]?.commit === input.originCommit,
  );
}

function chainOf(input: ReportInput): string[] {
  const reached = input.pipeline.stages.flatMap((stage) => {
    const delivery = deliveryOf(stage, input);
    return delivery ? [[stage.name, ...delivery.ancestry.map((entry) => entry.stage).toReversed()]] : [];
  });
  return reached.toSorted((a, b) => b.length - a.length)[0] ?? [];
}

function stageReport(stage: Stage, delivery: DeliveryRecord | undefined): StageReport {
  const common = { stage: stage.name, application: instanceNameOf(stage) };
  if (!delivery) {
    return {
      ...common,
      status: 'none',
      commitId: null,
      freight: null,
      traceId: null,
      rootSpanId: null,
      links: [],
      phases: [],
    };
  }
  const promotion = delivery.promotions[0];
  return {
    ...common,
    status: delivery.status,
    commitId: delivery.commit.id,
    freight: delivery.freight.id,
    traceId: delivery.traceId,
    rootSpanId: rootSpanId(delivery),
    links: delivery.links.flatMap((link) => {
      const parent = parseTraceparent(link.traceparent);
      return parent ? [{ traceId: parent.traceId, spanId: parent.spanId, stage: link.stage ?? null }] : [];
    }),
    phases: (delivery.attempts.at(-1)?.phases ?? []).map((phase) => ({
      name: phase.name,
      status: reportStatus(phase.status),
      checks: phase.checks.map((check) => ({
        name: check.name,
        kind: check.kind,
        status: reportStatus(check.status),
        startedAt: check.startedAt,
        finishedAt: check.finishedAt ?? null,
        ...(check.value === undefined ? {} : { value: check.value }),
      })),
    })),
    ...(promotion
      ? {
          promotion: {
            target: promotion.target,
            commit: promotion.commit ?? null,
            traceparent: promotion.traceparent,
          },
        }
      : {}),
  };
}

/** The ledger's finer words in those of the report: what did not pass failed. */
function reportStatus(status: PhaseStatus | CheckStatus): ReportStatus {
  if (status === 'running') return 'running';
  return status === 'succeeded' || status === 'passed' || status === 'warning' ? 'succeeded' : 'failed';
}

/** Whether what happened is what this version is made for: v2 goes to prod, v3 stops in dev. */
export function isExpected(report: DemoReport, version: 'v2' | 'v3'): boolean {
  const [dev, prod] = report.stages;
  if (version === 'v2') return dev?.status === 'succeeded' && prod?.status === 'succeeded';
  return dev?.status === 'failed' && prod?.status === 'none';
}

/** The main job: one commit, two stages, two linked traces, with real Helm, Git, HTTP services and hooks. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePromotionFile } from '../../core/ancestry.ts';
import { parseTraceparent } from '../../core/trace-context.ts';
import { git } from '../../runtime/git.ts';
import type { DemoReport, StageReport } from '../../sandbox/demo/report.ts';
import type { ReceivedSpan } from '../../sandbox/otlp/index.ts';
import { deriveReport, inOrderOfNames } from './derive-report.ts';
import { keptLedger, keptSpans, reportFrom, runDemo, type DemoRun } from './run-demo.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'stageline-test-'));
const kept = path.join(directory, 'kept');
let run: DemoRun;
let report: DemoReport;
let dev: StageReport;
let prod: StageReport;
let spans: ReceivedSpan[];

beforeAll(async () => {
  run = await runDemo(['--once', '--json', '--version', 'v2', '--keep', kept]);
  report = reportFrom(run);
  [dev, prod] = report.stages as [StageReport, StageReport];
  spans = keptSpans(kept);
}, 180_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const bare = (): string => path.join(kept, 'shop.git');

describe('v2', () => {
  test('goes to prod, and the command says so by its exit code', () => {
    expect(run.exitCode, run.stderr).toBe(0);
    expect([dev.status, prod.status]).toEqual(['succeeded', 'succeeded']);
    expect(report.chain).toEqual(['prod', 'dev']);
  });

  test('passes every check of both stages, in the order of the phases', () => {
    expect(dev.phases.map((phase) => phase.name)).toEqual([
      'pre-deployment',
      'deployment',
      'post-deployment',
      'promotion',
    ]);
    const statuses = [dev, prod].flatMap((stage) =>
      stage.phases.flatMap((phase) => phase.checks.map((check) => check.status)),
    );
    expect(new Set(statuses)).toEqual(new Set(['succeeded']));
    expect(dev.phases.flatMap((phase) => phase.checks.map((check) => check.kind))).toEqual(
      expect.arrayContaining(['http', 'load', 'metric']),
    );
    const times = dev.phases.flatMap((phase) =>
      phase.checks.map((check) => [check.startedAt, check.finishedAt ?? '']),
    );
    for (const [startedAt = '', finishedAt = ''] of times) expect(startedAt <= finishedAt).toBe(true);
  });

  test('starts at the very commit that a person pushed', async () => {
    const log = await git(['log', '-1', '--format=%H %an %s', report.originCommit], { gitDir: bare() });
    expect(log.trim()).toBe(`${report.originCommit} Dana Developer Release v2 to dev`);
    expect(dev.commitId).toBe(report.originCommit);
  });

  test('links prod’s trace to the very span of dev’s promotion, and that trace to the commit', () => {
    const root = spanOf(spans, prod.traceId, prod.rootSpanId);
    expect(root.parentSpanId).toBe('');
    expect(root.links).toHaveLength(1);
    const link = root.links[0];
    const promotion = spanOf(spans, link?.traceId ?? null, link?.spanId ?? null);
    expect(promotion.name).toBe('promote prod');
    expect(promotion.traceId).toBe(dev.traceId);
    expect(promotion.parentSpanId).toBe(dev.rootSpanId);
    const devRoot = spanOf(spans, dev.traceId, dev.rootSpanId);
    expect(devRoot.attributes['vcs.ref.head.revision']).toBe(report.originCommit);
    expect(dev.traceId).not.toBe(prod.traceId);
    expect(prod.links).toEqual([{ traceId: promotion.traceId, spanId: promotion.spanId, stage: 'dev' }]);
  });

  test('exports whole traces: every parent is there, each id has one content', () => {
    const ids = new Set(spans.map((span) => `${span.traceId}/${span.spanId}`));
    const ours = spans.filter((span) => span.traceId === dev.traceId || span.traceId === prod.traceId);
    expect(ours.length).toBeGreaterThan(10);
    for (const span of ours) {
      if (span.parentSpanId !== '') expect(ids, span.name).toContain(`${span.traceId}/${span.parentSpanId}`);
    }
    const byId = Map.groupBy(ours, (span) => `${span.traceId}/${span.spanId}`);
    for (const copies of byId.values()) for (const copy of copies) expect(copy).toEqual(copies[0]);
  });

  test('is promoted by one commit that carries versions, ancestry and trace parent, and nothing else of prod’s values', async () => {
    const commit = dev.promotion?.commit ?? '';
    const changed = await git(['show', '--format=', '--name-only', commit], { gitDir: bare() });
    expect(changed.trim().split('\n').toSorted()).toEqual([
      'charts/prod/.stageline/prod.json',
      'charts/prod/values.yaml',
    ]);
    const diff = await git(['show', '--format=', '--unified=0', commit, '--', 'charts/prod/values.yaml'], {
      gitDir: bare(),
    });
    const lines = diff.split('\n').filter((line) => /^[-+][^-+]/.test(line));
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line).toMatch(/^[-+]  tag: v[12] # written by promotions; do not edit$/);
    const file = parsePromotionFile(
      await git(['show', `${commit}:charts/prod/.stageline/prod.json`], { gitDir: bare() }),
      'prod.json',
    );
    expect(file.traceparent).toBe(dev.promotion?.traceparent);
    expect(file.ancestry.map((entry) => [entry.stage, entry.commit, entry.freight])).toEqual([
      ['dev', dev.commitId, dev.freight],
    ]);
    expect(prod.commitId).toBe(commit);
    expect(parseTraceparent(file.traceparent)?.traceId).toBe(dev.traceId);
  });

  test('moves the same freight, as the ledgers say', () => {
    expect(prod.freight).toBe(dev.freight);
    for (const stage of [dev, prod]) {
      const delivery = keptLedger(kept, stage.application).deliveries.find(
        (candidate) => candidate.traceId === stage.traceId,
      );
      expect(delivery?.commit.id).toBe(stage.commitId);
      expect(delivery?.freight.id).toBe(stage.freight);
      expect(delivery?.status).toBe(stage.status);
      const phases = delivery?.attempts.at(-1)?.phases ?? [];
      expect(stage.phases.map((phase) => [phase.name, phase.status])).toEqual(
        phases.map((phase) => [phase.name, phase.status]),
      );
    }
  });

  test('reports nothing that cannot be derived from Git and the received spans', async () => {
    expect(await deriveReport(kept)).toEqual(inOrderOfNames(report));
  });

  test('leaves traces in the JSON that Jaeger’s page takes', () => {
    const upload = JSON.parse(readFileSync(path.join(kept, 'traces/jaeger.json'), 'utf8')) as {
      data: {
        traceID: string;
        spans: { spanID: string; references: { refType: string; traceID: string }[] }[];
      }[];
    };
    const trace = upload.data.find((candidate) => candidate.traceID === prod.traceId);
    const root = trace?.spans.find((span) => span.spanID === prod.rootSpanId);
    expect(root?.references).toEqual([
      { refType: 'FOLLOWS_FROM', traceID: dev.traceId, spanID: prod.links[0]?.spanId },
    ]);
  });
});

function spanOf(all: ReceivedSpan[], traceId: string | null, spanId: string | null): ReceivedSpan {
  const span = all.find((candidate) => candidate.traceId === traceId && candidate.spanId === spanId);
  if (!span) throw new Error(`no span ${spanId} in trace ${traceId}`);
  return span;
}

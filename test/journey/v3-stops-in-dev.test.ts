/** A version that is too slow stops in dev: prod never hears of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { git } from '../../runtime/git.ts';
import type { DemoReport } from '../../sandbox/demo/report.ts';
import { deriveReport, inOrderOfNames } from './derive-report.ts';
import { keptLedger, keptSpans, reportFrom, runDemo, type DemoRun } from './run-demo.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'stageline-test-'));
const kept = path.join(directory, 'kept');
let run: DemoRun;
let report: DemoReport;

beforeAll(async () => {
  run = await runDemo(['--once', '--json', '--version', 'v3', '--keep', kept]);
  report = reportFrom(run);
}, 180_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('v3', () => {
  test('stops in dev, which is what the command expects', () => {
    expect(run.exitCode, run.stderr).toBe(0);
    expect(report.stages.map((stage) => [stage.stage, stage.status])).toEqual([
      ['dev', 'failed'],
      ['prod', 'none'],
    ]);
    expect(report.chain).toEqual(['dev']);
  });

  test('fails the evaluation of the response time, with the value that was measured', () => {
    const checks = report.stages[0]?.phases.flatMap((phase) => phase.checks) ?? [];
    const failed = checks.filter((check) => check.status !== 'succeeded');
    expect(failed.map((check) => [check.name, check.kind, check.status])).toEqual([
      ['response-time', 'metric', 'failed'],
    ]);
    expect(failed[0]?.value).toBeGreaterThan(1);
  });

  test('leaves a stage that it never reached empty', () => {
    expect(report.stages[1]).toEqual({
      stage: 'prod',
      application: 'shop-prod',
      status: 'none',
      commitId: null,
      freight: null,
      traceId: null,
      rootSpanId: null,
      links: [],
      phases: [],
    });
  });

  test('reports nothing that cannot be derived from Git and the received spans', async () => {
    expect(await deriveReport(kept)).toEqual(inOrderOfNames(report));
  });

  test('makes no promotion: prod’s path in Git is as it was', async () => {
    const log = await git(['log', '--format=%s', 'main', '--', 'charts/prod'], {
      gitDir: path.join(kept, 'shop.git'),
    });
    expect(log.trim()).toBe('Start the shop on v1');
    expect(report.stages[0]?.promotion).toBeUndefined();
  });

  test('runs its checks once, however often Argo CD retries the sync', () => {
    const delivery = keptLedger(kept, 'shop-dev').deliveries[0];
    const loads = delivery?.attempts.flatMap((attempt) =>
      attempt.phases.flatMap((phase) => phase.checks.filter((check) => check.kind === 'load')),
    );
    expect(loads).toHaveLength(1);
  });

  test('has a trace whose root says what failed', () => {
    const dev = report.stages[0];
    const root = keptSpans(kept).find(
      (span) => span.traceId === dev?.traceId && span.spanId === dev.rootSpanId,
    );
    expect(root?.statusCode).toBe(2);
    expect(root?.statusMessage).toContain('response-time');
  });
});

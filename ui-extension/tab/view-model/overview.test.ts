import { describe, expect, test } from 'vitest';
import { readLedger } from '../../../core/ledger/read.ts';
import { hostProps } from '../testing/host-props.ts';
import { scenarios } from '../testing/scenarios.ts';
import { readAnchor } from './anchor.ts';
import { inReadingOrder, pipelineViews, stagesOf, type StageReading } from './overview.ts';

const NOW = Date.UTC(2030, 0, 2);

function readingOf(name: string): StageReading {
  const scenario = scenarios(NOW)[name];
  const [stage] = stagesOf([hostProps(name, scenario).application], 'argocd');
  if (!stage) throw new Error('the application is no stage');
  const reading = readLedger(scenario?.ledger ?? '');
  return {
    ...stage,
    anchor: readAnchor(scenario?.anchor),
    ledger: reading.kind === 'ledger' ? reading.ledger : undefined,
    problem: scenario?.refused?.message ?? '',
  };
}

describe('the overview', () => {
  test('takes the applications whose plugin is Stageline, of one source or several', () => {
    const app = (spec: object): object => ({ metadata: { name: 'a', namespace: 'argocd' }, spec });
    const found = stagesOf(
      [
        app({ source: { plugin: { name: 'stageline' } } }),
        app({ sources: [{ path: 'x' }, { plugin: { name: 'stageline-v0.1' } }] }),
        app({ source: { plugin: { name: 'stagelines' } } }),
        app({ source: { path: 'x' } }),
        app({}),
        null,
      ],
      'argocd',
    );
    expect(found.length).toBe(2);
  });

  test('reads stages of a repository together, those where a sync failed first', () => {
    const app = (name: string, repo: string, phase: string): object => ({
      metadata: { name, namespace: 'argocd' },
      spec: { source: { repoURL: `https://git.example.com/${repo}`, plugin: { name: 'stageline' } } },
      status: { operationState: { phase } },
    });
    const listed = [
      app('a-dev', 'a', 'Succeeded'),
      app('b-dev', 'b', 'Succeeded'),
      app('c-prod', 'a', 'Succeeded'),
      app('d-prod', 'b', 'Failed'),
    ];
    expect(
      inReadingOrder(stagesOf(listed, 'argocd')).map(({ place: { application } }) => application),
    ).toEqual(['b-dev', 'd-prod', 'a-dev', 'c-prod']);
  });

  test('puts the stages in the order in which versions went through them', () => {
    const [shop] = pipelineViews([readingOf('prod-succeeded'), readingOf('dev-failed')]);
    expect(shop?.stages.map((stage) => stage.name)).toEqual(['dev', 'prod']);
    expect(shop?.last.map((ledger) => ledger.stage)).toEqual(['prod']);
  });

  test('shows each freight’s way, and where it runs', () => {
    const [shop] = pipelineViews([readingOf('prod-succeeded'), readingOf('dev-failed')]);
    const rows = shop?.lines.map((line) => [
      line.versions,
      ...line.cells.map((cell) => cell && `${cell.status.label}${cell.runs ? ', runs' : ''}`),
    ]);
    expect(rows).toEqual([
      ['v3', 'Failed, runs', undefined],
      ['v2', 'Succeeded', 'Succeeded, runs'],
      ['v1', 'Succeeded', 'Succeeded'],
    ]);
  });

  test('says of a freight that has not come what it waits for', () => {
    const [shop] = pipelineViews([readingOf('dev-waiting'), readingOf('prod-succeeded')]);
    const waiting = { ...readingOf('dev-waiting') };
    const [dev] = waiting.ledger?.deliveries ?? [];
    if (waiting.ledger && dev)
      waiting.ledger = {
        ...waiting.ledger,
        deliveries: [{ ...dev, freight: { ...dev.freight, id: 'another' } }],
      };
    const [other] = pipelineViews([waiting, readingOf('prod-succeeded')]);
    expect(shop?.lines[0]?.cells.map((cell) => cell?.onItsWay)).toEqual([false, false]);
    expect(other?.lines[0]?.cells.map((cell) => [cell?.status.label, cell?.onItsWay])).toEqual([
      ['Succeeded', false],
      ['Waiting for approval', true],
    ]);
  });

  test('keeps the view of a pipeline whose stages were not read again', () => {
    const [dev, prod] = [readingOf('dev-failed'), readingOf('prod-succeeded')];
    const before = pipelineViews([dev]);
    expect(pipelineViews([dev], before)[0]).toBe(before[0]);
    expect(pipelineViews([dev, prod], before)[0]).not.toBe(before[0]);
  });

  test('says of a stage that it is not visible, and of another that it was verified earlier', () => {
    const views = pipelineViews([readingOf('denied'), readingOf('prod-rolled-back')]);
    expect(views.flatMap((view) => view.stages.map((stage) => stage.status.label)).toSorted()).toEqual([
      'Not visible',
      'Verified earlier',
    ]);
  });

  test('ends where ledgers name a circle of stages', () => {
    const dev = readingOf('dev-promoted');
    const prod = readingOf('prod-succeeded');
    const [delivery] = prod.ledger?.deliveries ?? [];
    const promotions = [
      { target: 'dev', way: 'push', status: 'done', traceparent: '', startedAt: '', base: '' } as const,
    ];
    if (prod.ledger && delivery)
      prod.ledger = { ...prod.ledger, deliveries: [{ ...delivery, promotions: [...promotions] }] };
    expect(pipelineViews([dev, prod])[0]?.stages.length).toBe(2);
  });
});

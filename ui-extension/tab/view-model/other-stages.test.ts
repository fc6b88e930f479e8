import { describe, expect, test } from 'vitest';
import { readLedger } from '../../../core/ledger/read.ts';
import type { Ledger } from '../../../core/ledger/types.ts';
import type { HostApplication, HostTree } from '../host.ts';
import { hostProps } from '../testing/host-props.ts';
import { ancestor } from '../testing/ledgers.ts';
import { scenarios } from '../testing/scenarios.ts';
import { readAnchor } from './anchor.ts';
import { locateStage } from './locate.ts';
import { ledTo, type OtherStage, type OtherStages } from './other-stages.ts';
import { stagesOf } from './overview.ts';
import { stageView } from './stage.ts';
import { stripStages, type StripStage } from './strip.ts';
import { traceOwner } from './trace/owner.ts';

const NOW = Date.UTC(2030, 0, 2);

function ledgerOf(name: string): Ledger {
  const reading = readLedger(scenarios(NOW)[name]?.ledger ?? '');
  if (reading.kind !== 'ledger') throw new Error(`${name} has no ledger`);
  return reading.ledger;
}

function other(name: string, ledger = ledgerOf(name)): OtherStage {
  const scenario = scenarios(NOW)[name];
  const [stage] = stagesOf([hostProps(name, scenario).application], 'argocd');
  if (!stage) throw new Error('no stage');
  return { kind: 'read', reading: { ...stage, anchor: readAnchor(scenario?.anchor), ledger, problem: '' } };
}

function stripOf(name: string, others: OtherStages): StripStage[] {
  const scenario = scenarios(NOW)[name];
  const { application, tree } = hostProps(name, scenario) as { application: HostApplication; tree: HostTree };
  const place = locateStage(application, tree);
  if (!place) throw new Error('no place');
  const anchor = readAnchor(scenario?.anchor);
  const input = { application, place, ledger: ledgerOf(name), unreadable: false, anchor };
  const view = stageView({ ...input, chosen: undefined, traceUrlTemplate: undefined });
  return stripStages(view.stripInput, others);
}

const card = (strip: StripStage[], stage: string) => strip.find((candidate) => candidate.stage === stage);

describe('another stage in the strip', () => {
  test('is what this ledger knows, until it was read', () => {
    expect(card(stripOf('dev-waiting', new Map()), 'prod')).toMatchObject({
      versions: 'v2',
      status: { label: 'Waiting for approval' },
      path: 'applications/argocd/prod-succeeded',
    });
  });

  test('says what runs there, and what waits for it', () => {
    const strip = stripOf('dev-waiting', new Map([['prod-succeeded', other('prod-rolled-back')]]));
    expect(card(strip, 'prod')).toMatchObject({
      versions: 'v1',
      status: { label: 'Verified earlier' },
      note: 'v2: waiting for approval',
    });
  });

  test('says what it passed where it runs something else now', () => {
    const strip = stripOf('prod-succeeded', new Map([['shop-dev', other('dev-failed')]]));
    expect(card(strip, 'dev')).toMatchObject({ versions: 'v3', note: 'v2 passed here' });
    expect(card(strip, 'dev')?.status.tone).toBe('failed');
  });

  test('is not linked where the user may not see it, and keeps what is known', () => {
    const strip = stripOf('dev-waiting', new Map([['prod-succeeded', { kind: 'not-visible' }]]));
    expect(card(strip, 'prod')).toMatchObject({ versions: 'v2', hidden: true, path: undefined });
  });

  test('tells of the stages after it, each once', () => {
    const prod = ledgerOf('prod-succeeded');
    const further = (target: string): Ledger => ({
      ...prod,
      deliveries: ledgerOf('dev-waiting').deliveries.map((delivery) => ({
        ...delivery,
        promotions: delivery.promotions.map((promotion) => ({
          ...promotion,
          target,
          targetApplication: target,
        })),
      })),
    });
    const others = new Map([
      ['prod-succeeded', other('prod-succeeded', further('backup'))],
      ['backup', other('prod-succeeded', further('dev'))],
    ]);
    const strip = stripOf('dev-waiting', others);
    expect(strip.map(({ stage, place }) => [stage, place])).toEqual([
      ['dev', 'this'],
      ['prod', 'next'],
      ['backup', 'later'],
    ]);
  });
});

describe('a linked trace', () => {
  const prod = ledgerOf('prod-succeeded');
  const devTrace = ancestor('dev', 'v2', { start: 0, openedAt: 0 }).traceparent.slice(3, 35);

  test('is found by its id in the own ledger, its ancestry, and in other stages', () => {
    const known = { ledger: prod, others: new Map([['other', other('dev-failed')]]) };
    const own = prod.deliveries[1]?.traceId ?? '';
    expect(traceOwner({ traceId: own, stage: '' }, known)).toMatchObject({ instance: '' });
    expect(traceOwner({ traceId: devTrace, stage: '' }, known)).toEqual({
      traceId: devTrace,
      instance: 'shop-dev',
      stage: 'dev',
    });
    const theirs = ledgerOf('dev-failed').deliveries[0]?.traceId ?? '';
    expect(traceOwner({ traceId: theirs, stage: '' }, known)).toMatchObject({
      instance: 'other',
      stage: 'dev',
    });
  });

  test('is found by its stage’s name where nothing knows its id', () => {
    const known = { ledger: prod, others: new Map() };
    expect(traceOwner({ traceId: 'f'.repeat(32), stage: 'staging' }, known)?.instance).toBe('shop-staging');
    expect(traceOwner({ traceId: 'f'.repeat(32), stage: 'elsewhere' }, known)).toBeUndefined();
  });

  test('leads forward too: to the deliveries whose traces link to it', () => {
    const [link] = prod.deliveries[0]?.links ?? [];
    const staging = link?.traceparent.slice(3, 35) ?? '';
    expect(ledTo(staging, new Map([['shop-prod', other('prod-succeeded')]]))).toEqual([
      { instance: 'shop-prod', stage: 'prod', traceId: prod.deliveries[0]?.traceId },
    ]);
    expect(ancestor('staging', 'v2', { start: 0, openedAt: 0 }).traceparent.slice(3, 35)).toBe(staging);
  });
});

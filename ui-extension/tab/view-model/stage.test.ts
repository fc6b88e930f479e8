import { describe, expect, test } from 'vitest';
import { readLedger } from '../../../core/ledger/read.ts';
import type { HostApplication, HostTree } from '../host.ts';
import { commitId } from '../testing/ledgers.ts';
import { hostProps } from '../testing/host-props.ts';
import { scenarios } from '../testing/scenarios.ts';
import { readAnchor } from './anchor.ts';
import { rangeOf } from './attempt.ts';
import { locateStage } from './locate.ts';
import { stageView, type StageView } from './stage.ts';
import { cutStrip, stripStages, type StripStage } from './strip.ts';

const NOW = Date.UTC(2030, 0, 2);

function viewOf(name: string, chosen?: string): StageView & { strip: StripStage[] } {
  const scenario = scenarios(NOW)[name];
  const { application, tree } = hostProps(name, scenario) as { application: HostApplication; tree: HostTree };
  const place = locateStage(application, tree);
  const reading = readLedger(scenario?.ledger ?? '');
  if (!place) throw new Error('the application has no name');
  const view = stageView({
    application,
    place,
    ledger: reading.kind === 'ledger' ? reading.ledger : undefined,
    unreadable: false,
    anchor: readAnchor(scenario?.anchor),
    chosen,
    traceUrlTemplate: 'https://jaeger.example.com/trace/{traceId}',
  });
  return { ...view, strip: stripStages(view.stripInput, new Map()) };
}

describe('the strip', () => {
  test('goes from the stages before through this one to the next', () => {
    expect(viewOf('prod-succeeded').strip.map(({ stage, place }) => [stage, place])).toEqual([
      ['dev', 'before'],
      ['staging', 'before'],
      ['prod', 'this'],
    ]);
    expect(viewOf('dev-promoted').strip.map(({ stage, versions }) => [stage, versions])).toEqual([
      ['dev', 'v2'],
      ['prod', 'v2'],
    ]);
  });

  test('links the stages before to their applications', () => {
    expect(viewOf('prod-succeeded').strip[0]?.path).toBe('applications/argocd/shop-dev');
  });

  test('says what was stopped, and what the next stage still has', () => {
    const next = viewOf('dev-failed').strip.at(-1);
    expect(next).toMatchObject({ stage: 'prod', versions: 'v2', note: 'v3 was stopped in dev' });
  });

  test('shows what runs now while a newer version is on its way', () => {
    const here = viewOf('dev-running').strip.find((stage) => stage.place === 'this');
    expect(here).toMatchObject({ versions: 'v1', note: 'v2 is on its way', status: { label: 'Deploying' } });
  });

  test('says of a sync back to a verified version when it was verified, and of an unknown one that nothing checked it', () => {
    const here = viewOf('prod-rolled-back').strip.find((stage) => stage.place === 'this');
    expect(here).toMatchObject({
      versions: 'v1',
      status: { label: 'Verified earlier' },
      at: NOW - 8 * 3_600_000 + 90_000,
    });
    const unknown = viewOf('prod-not-checked').strip.find((stage) => stage.place === 'this');
    expect(unknown).toMatchObject({ versions: 'v9', status: { label: 'Not checked' }, at: undefined });
  });
});

describe('a long strip', () => {
  const [model] = viewOf('dev-promoted').strip;
  const stages = Array.from({ length: 50 }, (_, index): StripStage => {
    if (!model) throw new Error('no card');
    return { ...model, stage: `s${index}`, place: index === 20 ? 'this' : index < 20 ? 'before' : 'next' };
  });

  test('is cut to the stages around this one, until all are wanted', () => {
    const { shown, before, after } = cutStrip(stages, false);
    expect([shown[0]?.stage, shown.at(-1)?.stage, before, after]).toEqual(['s15', 's25', 15, 24]);
    expect(cutStrip(stages, true).shown).toBe(stages);
    expect(cutStrip(stages.slice(0, 13), false)).toMatchObject({ before: 0, after: 0 });
  });
});

describe('the delivery', () => {
  test('says where it failed, with every attempt', () => {
    const { delivery } = viewOf('dev-failed');
    expect(delivery?.status.label).toBe('Failed in post-deployment');
    expect(delivery?.attempts.map((attempt) => attempt.status.label)).toEqual(['Error', 'Failed']);
    expect(delivery?.freight.map(({ version, before }) => [version, before])).toEqual([
      ['v3', 'v2'],
      ['v3', 'v2'],
    ]);
  });

  test('shows the phases to come as an earlier delivery had them', () => {
    const [attempt] = viewOf('dev-running').delivery?.attempts ?? [];
    expect(attempt?.phases.map(({ label, status }) => [label, status.label])).toEqual([
      ['Pre-deployment', 'Succeeded'],
      ['Deployment', 'Deploying'],
      ['Post-deployment', 'Not started'],
      ['Promotion', 'Not started'],
    ]);
  });

  test('can be an older one that the user chose', () => {
    const old = viewOf('prod-succeeded').stripInput.deliveries[1]?.id;
    const view = viewOf('prod-succeeded', old);
    expect([view.older, view.delivery?.versions]).toEqual([true, 'v1']);
  });

  test('falls back to the newest where the chosen one is gone', () => {
    expect(viewOf('prod-succeeded', 'gone').older).toBe(false);
  });
});

describe('linked traces', () => {
  test('lead from this delivery back to the commit, with lead times', () => {
    const { chain } = viewOf('prod-succeeded');
    expect(chain?.links.map((link) => link.stage)).toEqual(['prod', 'staging', 'dev']);
    expect(chain?.origin).toMatchObject({ id: commitId('dev-v2'), author: 'Ada Okafor' });
    expect(chain?.links.map((link) => (link.leadTime ?? 0) / 1000)).toEqual([3755, 1105, 205]);
    expect(chain?.links[2]?.traceLink).toMatch(/^https:\/\/jaeger\.example\.com\/trace\/[0-9a-f]{32}$/);
  });
});

describe('a hostile ledger', () => {
  test('gives text of bounded length and no link', () => {
    const view = viewOf('hostile');
    expect(view.delivery?.message.length).toBeLessThanOrEqual(4000);
    expect(view.delivery?.commit.link).toBeUndefined();
    expect(view.delivery?.promotions[0]?.link).toBeUndefined();
    expect(view.strip[0]?.path).toBeUndefined();
    expect(view.delivery?.commit.author).not.toContain('\u202E');
  });

  test('still has a time range to draw in', () => {
    const attempt = viewOf('hostile').delivery?.attempts[0];
    const range = attempt && rangeOf(attempt, NOW);
    expect(range && range.to - range.from).toBeGreaterThanOrEqual(1000);
  });
});

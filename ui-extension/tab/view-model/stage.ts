/** Everything that the tab shows of a stage, from what was read and what the host gave. No clock in it. */
import type { DeliveryRecord, Ledger } from '../../../core/ledger/types.ts';
import type { HostApplication } from '../host.ts';
import type { Anchor } from './anchor.ts';
import { chainOf, type Chain } from './chain.ts';
import { commitView, deliveryView, rollbackOf, type CommitView, type DeliveryView } from './delivery.ts';
import { versionsOf, versionsText } from './freight.ts';
import { isSyncing, repositoryOf, type StagePlace } from './locate.ts';
import { pendingView } from './pending.ts';
import { runsNow, type RunsNow } from './runs-now.ts';
import { thisStage, type StripInput, type StripStage } from './strip.ts';
import { shortCommit, text } from './text.ts';

export interface StageView {
  pipeline: string;
  stage: string;
  runsNow: RunsNow;
  /** The commit that the anchor says runs now. */
  running: CommitView | undefined;
  /** This stage's own card in the strip, and what the whole strip is made of, other stages excepted. */
  here: StripStage;
  stripInput: StripInput;
  /** The delivery that is shown: the chosen one, else the newest. */
  delivery: DeliveryView | undefined;
  /** Whether an older delivery than the newest is shown. */
  older: boolean;
  chain: Chain | undefined;
  repoURL: string;
  /** Promotions of other deliveries than the shown one that wait for a decision or a time. */
  waiting: { id: string; title: string; label: string }[];
}

export interface StageInput {
  application: HostApplication;
  place: StagePlace;
  ledger: Ledger | undefined;
  /** There is a ledger that cannot be shown, so nobody can say here what was checked. */
  unreadable: boolean;
  anchor: Anchor | undefined;
  /** Id of the delivery that the user opened. */
  chosen: string | undefined;
  traceUrlTemplate: unknown;
}

export function stageView(input: StageInput): StageView {
  const { ledger, anchor, place } = input;
  const repoURL = repositoryOf(input.application);
  const deliveries = ledger?.deliveries ?? [];
  const shown = deliveries.find((delivery) => delivery.id === input.chosen) ?? deliveries[0];
  const view = shown && deliveryView(shown, deliveries, repoURL);
  const newestRecord = deliveries[0];
  const newest =
    newestRecord === shown ? view : newestRecord && deliveryView(newestRecord, deliveries, repoURL);
  const stage = text(ledger?.stage) || anchor?.stage || place.application;
  const compared: RunsNow = input.unreadable
    ? { kind: 'unknown' }
    : runsNow(ledger, anchor, isSyncing(input.application));
  const stripInput: StripInput = {
    stage,
    anchor,
    runsNow: compared,
    deliveries,
    newest,
    repoURL,
    controlPlaneNamespace: place.controlPlaneNamespace,
  };
  return {
    pipeline: text(ledger?.pipeline) || anchor?.pipeline || '',
    stage,
    runsNow: compared,
    running: anchor && runningCommit(anchor, ledger, repoURL),
    here: thisStage(stripInput),
    stripInput,
    delivery: view,
    older: shown !== newestRecord,
    chain:
      shown &&
      view &&
      chainOf(shown, view, {
        stage,
        repoURL,
        controlPlaneNamespace: place.controlPlaneNamespace,
        traceUrlTemplate: input.traceUrlTemplate,
      }),
    repoURL,
    waiting: deliveries.filter((delivery) => delivery !== shown).flatMap(waitingPromotions),
  };
}

function waitingPromotions(delivery: DeliveryRecord): StageView['waiting'] {
  const versions = versionsText(versionsOf(delivery)) || shortCommit(delivery.commit.id);
  const promotions = delivery.promotions.flatMap((promotion) => {
    const pending = pendingView(promotion);
    const title = `${versions} to ${text(promotion.target)}`;
    return pending === undefined ? [] : [{ id: delivery.id, title, label: pending.status.label }];
  });
  const rollbacks = rollbackOf(delivery).flatMap((rollback) => {
    const pending = pendingView(rollback, true);
    const title = `Rollback of ${versions}`;
    return pending === undefined ? [] : [{ id: delivery.id, title, label: pending.status.label }];
  });
  return [...promotions, ...rollbacks];
}

/** The anchor holds no author or subject: a delivery of the same commit does. */
function runningCommit(anchor: Anchor, ledger: Ledger | undefined, repoURL: string): CommitView {
  const known = ledger?.deliveries.find((delivery) => delivery.commit.id === anchor.commit);
  return commitView(known?.commit ?? { id: anchor.commit, mode: anchor.commitMode }, repoURL);
}

/** Looks at promotions that wait for people at the Git host: merged, turned down, or overtaken. */
import { settle, type Settled, type Waiting } from '../../core/ledger/pending.ts';
import type { DeliveryRecord, Ledger, PromotionRecord } from '../../core/ledger/types.ts';
import type { PlannedPlace } from '../../core/plan.ts';
import { DEFAULT_GIT_SECRET } from '../../core/promotion/planned.ts';
import { providerOf } from './host.ts';
import type { PromotionOrder, PromotionSource, PromotionTools } from './order.ts';
import type { GitProvider, PullRequest } from './providers/index.ts';
import { decided, patientResult } from './pull-request.ts';
import { baseTip, standingAt } from './settled.ts';
import { withRepository } from './with-repository.ts';

export interface WaitingAtHost {
  ledger: Pick<Ledger, 'pipeline' | 'stage' | 'application'>;
  delivery: DeliveryRecord;
  record: PromotionRecord;
  what: Waiting;
}

interface Ending {
  status: Settled;
  message: string;
  decidedBy?: string;
}

/** The transition that ends it, or undefined while it still waits. Errors: `GIT_*`, `PROVIDER_*`. */
export async function lookAtHost(
  tools: PromotionTools,
  waiting: WaitingAtHost,
): Promise<((ledger: Ledger) => Ledger) | undefined> {
  const place = placeOf(waiting);
  if (!place) return undefined;
  const ending = await endingOf(tools, waiting, place);
  if (!ending) return undefined;
  const now = new Date(tools.now()).toISOString();
  return (ledger) => settle(ledger, waiting.delivery.id, { what: waiting.what, now, ...ending });
}

async function endingOf(
  tools: PromotionTools,
  waiting: WaitingAtHost,
  place: PlannedPlace,
): Promise<Ending | undefined> {
  const { record } = waiting;
  return withRepository(tools, place, async (repository) => {
    const order = orderOf(waiting, place);
    if (record.way === 'pull-request' && record.branch !== undefined && record.url !== undefined) {
      const provider = providerOf(tools, place);
      const branches = { head: record.branch, base: repository.base };
      const request = await patientResult(tools, () => provider.findPullRequest(branches));
      const ending = request && (await endingOfRequest(tools, { provider, request, record }));
      if (ending) return ending;
    }
    if (order === undefined) return undefined;
    const work = { ...order, repository };
    const tip = await baseTip(work);
    const standing = await standingAt(work, tip);
    if (standing.status === 'ours') return { status: 'done', message: `${record.target} has the version` };
    if (standing.status === 'other') {
      return { status: 'unchanged', message: `${record.target} has the version by another way` };
    }
    const isGone =
      record.way === 'push' &&
      record.branch !== undefined &&
      record.commit !== undefined &&
      (await repository.fetchBranch(record.branch)) === undefined;
    return isGone
      ? { status: 'rejected', message: `branch ${record.branch ?? ''} was deleted without a merge` }
      : undefined;
  });
}

/** Whoever approved the request is named before whoever pressed the button. */
async function endingOfRequest(
  tools: PromotionTools,
  known: { provider: GitProvider; request: PullRequest; record: PromotionRecord },
): Promise<Ending | undefined> {
  const { provider, request, record } = known;
  if (request.state.name === 'open') {
    if (record.autoMerge === undefined || request.state.autoMerge === 'on') return undefined;
    const options = { head: request.head.commit, method: record.autoMerge };
    const merged = await patientResult(tools, () => provider.autoMerge(request.number, options));
    return merged.outcome === 'merged'
      ? { status: 'done', message: `pull request #${request.number} was merged` }
      : undefined;
  }
  const result = decided(request);
  if (result.status !== 'done') return { status: 'rejected', message: result.message };
  const approvals = await patientResult(tools, () => provider.readApprovals(request.number));
  const by = approvals.length > 0 ? approvals.join(', ') : result.decidedBy;
  return { status: 'done', message: result.message, ...(by === undefined ? {} : { decidedBy: by }) };
}

function placeOf({ record }: WaitingAtHost): PlannedPlace | undefined {
  const { host } = record;
  if (!host) return undefined;
  const provider = (['github', 'gitea', 'forgejo'] as const).find((known) => known === host.provider);
  return {
    target: record.target,
    targetApplication: record.targetApplication ?? '',
    targetPath: host.path,
    repoURL: host.repoURL,
    base: record.base,
    secret: DEFAULT_GIT_SECRET,
    ...(provider === undefined ? {} : { provider }),
    ...(host.api === undefined ? {} : { api: host.api }),
  };
}

/** Of a rollback the freight that is restored; undefined where the ledger no longer has it. */
function orderOf(waiting: WaitingAtHost, place: PlannedPlace): PromotionOrder | undefined {
  const { delivery, record, what } = waiting;
  if ('rollback' in what) return undefined;
  const source = sourceOf(waiting);
  if (!source) return undefined;
  return {
    plan: source,
    planned: { ...place, way: { kind: 'push', merge: true } },
    delivery,
    intent: record,
    insists: true,
    noteAttempt: async () => undefined,
  };
}

/** What a plan would say of a delivery, from the ledger alone; undefined for one that was written by an older release. */
export function sourceOf({
  ledger,
  delivery,
}: Pick<WaitingAtHost, 'ledger' | 'delivery'>): PromotionSource | undefined {
  const { commit, head, source, freight, ancestry } = delivery;
  if (!source) return undefined;
  const { pipeline, stage, application } = ledger;
  return { pipeline, stage, application, commit, head, source, freight, ancestry };
}

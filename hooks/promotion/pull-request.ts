/** Promotion by pull request: one a freight and target, found before it is made, the older ones closed. */
import { StagelineError } from '../../core/errors.ts';
import type { FreightChange } from '../../core/freight.ts';
import type { PromotionWay } from '../../core/plan.ts';
import { fillIn } from '../../core/promotion/fill-in.ts';
import { parseMarker } from '../../core/promotion/marker.ts';
import { pullRequestBody } from '../../core/promotion/pull-request-text.ts';
import { commitAddress, providerOf, traceAddress } from './host.ts';
import {
  branchOf,
  promotionBranches,
  type HeldBack,
  type PromotionResult,
  type PromotionTools,
} from './order.ts';
import { actOnce, type GitProvider, type PullRequest, type Result } from './providers/index.ts';
import { commitOnBranch } from './push.ts';
import { alreadyThere, baseTip, changesAt, versionsOf, type Work } from './settled.ts';

type PullRequestWork = Work & { way: Extract<PromotionWay, { kind: 'pull-request' }> };

/** How long an act is repeated at a host that answers late or not at all. */
export const ACT_DEADLINE_MS = 120_000;
const TITLE = 'Promote {pipeline} to {target}: {versions}';
const ROLLBACK_TITLE = 'Roll {target} of {pipeline} back to {versions}';

/**
 * `waiting` with the request's address until somebody, or the host, merges it: the merge is the approval. Errors:
 * `PROVIDER_*`, `PROMOTION_*`, `GIT_*`.
 */
export async function promoteByPullRequest(
  tools: PromotionTools,
  work: PullRequestWork,
): Promise<PromotionResult | HeldBack> {
  const provider = providerOf(tools, work.planned);
  const branches = { head: branchOf(work), base: work.repository.base };
  const tip = await baseTip(work);
  const there = await alreadyThere(work, tip);
  if (there) return there;
  const known = await patientResult(tools, () => provider.findPullRequest(branches));
  const others = await openRequests(tools, work, provider);
  const newer = others.find((other) => isNewer(other, work));
  if (newer) {
    const message = `${versionsOf(work)} is superseded by pull request #${newer.number}`;
    return { status: 'superseded', message, url: newer.url };
  }
  if (known && isOurs(work, known) && known.state.name !== 'open') return decided(known);
  const changes = await changesAt(work, tip);
  const { commit } = await commitOnBranch(work, tip);
  const request = await openRequest(tools, work, { provider, changes });
  const problems = await dress(work, { provider, request, commit });
  problems.push(...(await closeOlder(tools, { provider, older: others, request, work })));
  return outcome(work, { provider, request, commit, problems });
}

function isOurs(work: Work, request: PullRequest): boolean {
  return parseMarker(request.body)?.traceparent === work.intent.traceparent;
}

/** What people decided about this very promotion's request. */
export function decided(request: PullRequest): PromotionResult {
  const { number, url, state } = request;
  if (state.name === 'merged') {
    return {
      status: 'done',
      message: `pull request #${number} was merged`,
      url,
      ...(state.commit === undefined ? {} : { commit: state.commit }),
      ...(state.by === undefined ? {} : { decidedBy: state.by }),
    };
  }
  return { status: 'rejected', message: `pull request #${number} was closed without a merge`, url };
}

/**
 * Open requests of this target that are not this one's. Other pipelines have branches of their own. A rollback and a
 * promotion leave each other alone: people decide which of the two they want.
 */
async function openRequests(
  tools: PromotionTools,
  work: PullRequestWork,
  provider: GitProvider,
): Promise<PullRequest[]> {
  const { plan, planned, repository, takesBack } = work;
  if (takesBack) return [];
  const headPrefix = promotionBranches(plan.pipeline, planned.target);
  const query = { headPrefix, base: repository.base };
  const open = await patientResult(tools, () => provider.listOpenPullRequests(query));
  return open.filter(
    ({ head, body }) =>
      head.branch !== branchOf(work) &&
      !head.branch.startsWith(`${headPrefix}rollback-`) &&
      parseMarker(body) !== undefined,
  );
}

function isNewer(request: PullRequest, { delivery }: Work): boolean {
  const marker = parseMarker(request.body);
  return marker !== undefined && Date.parse(marker.openedAt) > Date.parse(delivery.openedAt);
}

async function openRequest(
  tools: PromotionTools,
  work: PullRequestWork,
  known: { provider: GitProvider; changes: FreightChange[] },
): Promise<PullRequest> {
  const { provider } = known;
  const { planned, way, repository } = work;
  const branches = { head: branchOf(work), base: repository.base };
  const text = { title: titleOf(work), body: bodyOf(work, known.changes) };
  const findOpen = async (): Promise<Result<PullRequest | undefined>> => {
    const found = await provider.findPullRequest(branches);
    if (found.status !== 'success' || found.value?.state.name === 'open') return found;
    return { status: 'success', value: undefined };
  };
  const made = await actOnce(
    findOpen,
    async () => {
      const created = await provider.createPullRequest({ ...branches, ...text, draft: way.draft });
      return created.status === 'success' ? { status: 'success', value: created.value.pullRequest } : created;
    },
    { now: tools.now, sleep: tools.sleep, signal: tools.signal, deadlineMs: ACT_DEADLINE_MS },
  );
  const request = valueOf(made);
  // One that an earlier delivery of this freight opened tells of that delivery.
  if (isOurs(work, request)) return request;
  tools.log.info('a pull request of an earlier delivery is taken over', {
    target: planned.target,
    number: request.number,
  });
  return patientResult(tools, () => provider.updatePullRequest(request.number, text));
}

function titleOf({ plan, planned, way, takesBack }: PullRequestWork): string {
  const template = way.title ?? (takesBack ? ROLLBACK_TITLE : TITLE);
  return fillIn(template, { plan, target: planned.target }, 'the title of the pull request');
}

function bodyOf(work: PullRequestWork, changes: FreightChange[]): string {
  const { plan, planned, delivery, intent, takesBack } = work;
  const about = takesBack ? { ...plan, commit: delivery.commit } : plan;
  return pullRequestBody({
    plan: about,
    target: planned.target,
    delivery,
    traceparent: intent.traceparent,
    changes,
    links: {
      trace: traceAddress(planned, delivery.traceId),
      commit: commitAddress({ ...planned, repoURL: plan.source.repoURL }, about.commit.id),
    },
    ...(takesBack === undefined
      ? {}
      : { takesBack: { freight: takesBack.freight.id, reason: takesBack.reason } }),
  });
}

/** Labels, reviewers and the status: a right that is missing for one of them is named, and stops nothing. */
async function dress(
  work: PullRequestWork,
  { provider, request, commit }: { provider: GitProvider; request: PullRequest; commit: string },
): Promise<string[]> {
  const { plan, planned, delivery, way } = work;
  const target = traceAddress(planned, delivery.traceId) ?? commitAddress(planned, commit);
  const missing = way.labels.filter((label) => !request.labels.includes(label));
  const acts: [string, () => Promise<Result<unknown>>][] = [
    ['labels', async () => (missing.length === 0 ? NOTHING : provider.addLabels(request.number, missing))],
    ['reviewers', () => provider.requestReviewers(request.number, way.reviewers)],
    [
      'commit status',
      () =>
        provider.setStatus(commit, {
          context: `stageline/${plan.stage}`,
          state: 'success',
          description: `Verified in ${plan.stage}: ${versionsOf(work)}`.slice(0, 140),
          ...(target === undefined ? {} : { targetUrl: target }),
        }),
    ],
  ];
  const problems: string[] = [];
  for (const [what, act] of acts) {
    const result = await act();
    if (result.status !== 'success') problems.push(`its ${what} could not be set: ${result.error.message}`);
  }
  return problems;
}

const NOTHING: Result<void> = { status: 'success', value: undefined };

/** What cannot be closed for want of a right is named: the request itself is open, and the promotion has not failed. */
async function closeOlder(
  tools: PromotionTools,
  {
    provider,
    older,
    request,
    work,
  }: { provider: GitProvider; older: PullRequest[]; request: PullRequest; work: Work },
): Promise<string[]> {
  const comment = `Superseded by #${request.number}: ${versionsOf(work)}.`;
  const problems: string[] = [];
  for (const one of older) {
    try {
      await patientResult(tools, () => provider.closePullRequest(one.number, { comment }));
    } catch (error) {
      if (!(error instanceof StagelineError) || error.code !== 'PROVIDER_RIGHT') throw error;
      problems.push(`#${one.number}, which it supersedes, could not be closed: ${error.message}`);
    }
  }
  return problems;
}

async function outcome(
  work: PullRequestWork,
  made: { provider: GitProvider; request: PullRequest; commit: string; problems: string[] },
): Promise<PromotionResult> {
  const { provider, request, commit, problems } = made;
  const { way, planned } = work;
  const found = { commit, url: request.url };
  const said = (text: string): string => [text, ...problems].join('; ');
  const open = `pull request #${request.number} waits to be merged into ${request.base}`;
  if (way.autoMerge === undefined) return { status: 'waiting', message: said(open), ...found };
  const merging = await provider.autoMerge(request.number, { head: commit, method: way.autoMerge });
  if (merging.status !== 'success') {
    problems.push(`it could not be set to merge by itself: ${merging.error.message}`);
    return { status: 'waiting', message: said(open), ...found };
  }
  if (merging.value.outcome === 'merged') {
    return {
      status: 'done',
      message: said(`${versionsOf(work)} is in ${planned.target} by pull request #${request.number}`),
      ...found,
    };
  }
  const when =
    merging.value.outcome === 'enabled'
      ? 'merges when its requirements are met'
      : `is not merged yet: ${merging.value.reason}`;
  return { status: 'waiting', message: said(`pull request #${request.number} ${when}`), ...found };
}

/** A read, or an act that may be repeated: asked again as the host wants it, within bounds. */
export async function patientResult<T>(tools: PromotionTools, ask: () => Promise<Result<T>>): Promise<T> {
  const end = tools.now() + ACT_DEADLINE_MS;
  for (;;) {
    const result = await ask();
    if (result.status !== 'retryable' || tools.now() + result.retryAfterMs > end) return valueOf(result);
    await tools.sleep(result.retryAfterMs, tools.signal);
  }
}

function valueOf<T>(result: Result<T>): T {
  if (result.status === 'success') return result.value;
  throw result.error instanceof StagelineError ? result.error : new Error(String(result.error));
}

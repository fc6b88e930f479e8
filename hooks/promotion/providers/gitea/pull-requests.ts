/** Pull requests at Gitea and Forgejo. */
import { mapResult, success } from '../result.ts';
import { bounded } from '../text.ts';
import type { NewPullRequest, PullRequest, PullRequestState, Result } from '../types.ts';
import type { GiteaClient } from './client.ts';
import { Anything, Comment, PullRequestAnswer, Repository } from './schema.ts';

const TITLE_LIMIT = 255;
const BODY_LIMIT = 65_536;
/** A draft is a title that begins like this; both hosts know it by default. */
const DRAFT_PREFIX = 'WIP: ';

interface Branches {
  head: string;
  base: string;
}

/**
 * By branches the host gives one request, whichever of several it meets first: an open one is the answer, nothing
 * means none, and behind a closed one an open or a newer one is looked for.
 */
export async function findPullRequest(
  client: GiteaClient,
  branches: Branches,
): Promise<Result<PullRequest | undefined>> {
  let none = false;
  const first = await client.call<PullRequestAnswer | undefined>(
    client.acts.readPulls,
    PullRequestAnswer,
    { method: 'GET', path: ['pulls', branches.base, branches.head] },
    {
      404: () => {
        none = true;
        return success(undefined);
      },
    },
  );
  if (first.status !== 'success') return first;
  if (none) return noneIfVisible(client);
  if (first.value?.state === 'open') return success(pullRequestOf(first.value));
  const open = await findOpen(client, branches);
  if (open.status !== 'success' || open.value !== undefined) return open;
  const closed = await client.list(client.acts.listPulls, PullRequestAnswer, {
    method: 'GET',
    path: ['pulls'],
    query: { state: 'closed', sort: 'recentupdate', base_branch: branches.base },
  });
  return mapResult(closed, (entries) => {
    const own = entries.filter((entry) => isOf(entry, branches)).toSorted((a, b) => b.number - a.number);
    const newest = own[0] ?? first.value;
    return newest && pullRequestOf(newest);
  });
}

/** "Not found" is also what a hidden repository answers. */
async function noneIfVisible(client: GiteaClient): Promise<Result<undefined>> {
  const seen = await client.call(client.acts.readRepository, Repository, { method: 'GET', path: [] });
  return mapResult(seen, () => undefined);
}

async function findOpen(client: GiteaClient, branches: Branches): Promise<Result<PullRequest | undefined>> {
  const open = await readOpen(client, branches.base);
  return mapResult(open, (entries) => {
    const entry = entries.find((candidate) => isOf(candidate, branches));
    return entry && pullRequestOf(entry);
  });
}

export async function listOpenPullRequests(
  client: GiteaClient,
  { headPrefix, base }: { headPrefix: string; base: string },
): Promise<Result<PullRequest[]>> {
  const open = await readOpen(client, base);
  return mapResult(open, (entries) =>
    entries
      .filter((entry) => isOwn(entry) && entry.base.ref === base && entry.head.label.startsWith(headPrefix))
      .map(pullRequestOf),
  );
}

/** Older hosts do not know `base_branch` and answer with all. */
function readOpen(client: GiteaClient, base: string): Promise<Result<PullRequestAnswer[]>> {
  return client.list(client.acts.listPulls, PullRequestAnswer, {
    method: 'GET',
    path: ['pulls'],
    query: { state: 'open', base_branch: base },
  });
}

function isOf(entry: PullRequestAnswer, branches: Branches): boolean {
  return isOwn(entry) && entry.head.label === branches.head && entry.base.ref === branches.base;
}

/** Anyone can name a fork's branch as ours are named. */
function isOwn(entry: PullRequestAnswer): boolean {
  return entry.head.repo_id === entry.base.repo_id;
}

export async function readPullRequest(client: GiteaClient, number: number): Promise<Result<PullRequest>> {
  return mapResult(await readAnswer(client, number), pullRequestOf);
}

export function readAnswer(client: GiteaClient, number: number): Promise<Result<PullRequestAnswer>> {
  return client.call(client.acts.readPulls, PullRequestAnswer, { method: 'GET', path: ['pulls', number] });
}

export async function createPullRequest(
  client: GiteaClient,
  wanted: NewPullRequest,
): Promise<Result<{ pullRequest: PullRequest; created: boolean }>> {
  const { head, base } = wanted;
  let existing: PullRequest | undefined;
  const made = await client.call(
    { ...client.acts.createPulls, object: `branch ${head} or ${base}` },
    PullRequestAnswer.transform(pullRequestOf),
    {
      method: 'POST',
      path: ['pulls'],
      body: {
        head,
        base,
        title: bounded(`${wanted.draft ? DRAFT_PREFIX : ''}${wanted.title}`, TITLE_LIMIT),
        body: bounded(wanted.body, BODY_LIMIT),
      },
    },
    {
      409: async () => {
        const found = await findOpen(client, wanted);
        if (found.status !== 'success') return found;
        existing = found.value;
        return existing && success(existing);
      },
    },
  );
  return mapResult(made, (pullRequest) => ({ pullRequest, created: pullRequest !== existing }));
}

/** The draft's prefix stays as it is. */
export async function updatePullRequest(
  client: GiteaClient,
  number: number,
  change: { title?: string; body?: string },
): Promise<Result<PullRequest>> {
  const known = await readPullRequest(client, number);
  if (known.status !== 'success') return known;
  const prefix = known.value.draft ? DRAFT_PREFIX : '';
  return edit(client, number, {
    ...(change.title === undefined ? {} : { title: bounded(`${prefix}${change.title}`, TITLE_LIMIT) }),
    ...(change.body === undefined ? {} : { body: bounded(change.body, BODY_LIMIT) }),
  });
}

function edit(
  client: GiteaClient,
  number: number,
  body: { title?: string; body?: string; state?: 'closed' },
): Promise<Result<PullRequest>> {
  return client.call(client.acts.changePulls, PullRequestAnswer.transform(pullRequestOf), {
    method: 'PATCH',
    path: ['pulls', number],
    body,
  });
}

/** The comment comes first, so that who is told of the closing reads why. */
export async function closePullRequest(
  client: GiteaClient,
  number: number,
  comment: string,
): Promise<Result<PullRequest>> {
  const known = await readPullRequest(client, number);
  if (known.status !== 'success' || known.value.state.name === 'merged') return known;
  const commented = await commentOnce(client, number, bounded(comment, BODY_LIMIT));
  if (commented.status !== 'success') return commented;
  return known.value.state.name === 'closed' ? known : edit(client, number, { state: 'closed' });
}

/** This list has no pages at either host. */
async function commentOnce(client: GiteaClient, number: number, body: string): Promise<Result<unknown>> {
  const path = ['issues', number, 'comments'];
  const comments = await client.call(client.acts.readComments, Comment.array(), { method: 'GET', path });
  if (comments.status !== 'success') return comments;
  if (comments.value.some((known) => known.body?.trim() === body.trim())) return success(undefined);
  return client.call(client.acts.comment, Anything, { method: 'POST', path, body: { body } });
}

function pullRequestOf(answer: PullRequestAnswer): PullRequest {
  const draft = answer.draft ?? answer.title.startsWith(DRAFT_PREFIX);
  return {
    number: answer.number,
    url: answer.html_url,
    title:
      draft && answer.title.startsWith(DRAFT_PREFIX) ? answer.title.slice(DRAFT_PREFIX.length) : answer.title,
    body: answer.body ?? '',
    draft,
    head: { branch: answer.head.label, commit: answer.head.sha },
    base: answer.base.ref,
    labels: (answer.labels ?? []).map((label) => label.name),
    state: stateOf(answer),
  };
}

/** Whether a merge is scheduled is told by neither host. */
function stateOf(answer: PullRequestAnswer): PullRequestState {
  if (answer.merged) {
    return {
      name: 'merged',
      commit: answer.merge_commit_sha || undefined,
      by: answer.merged_by?.login,
      at: answer.merged_at ?? '',
    };
  }
  if (answer.state === 'closed') return { name: 'closed', at: answer.closed_at ?? undefined };
  return { name: 'open', autoMerge: 'unknown' };
}

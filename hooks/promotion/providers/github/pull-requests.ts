/** Pull requests at GitHub. */
import { z } from 'zod';
import { mapResult, success } from '../result.ts';
import { bounded } from '../text.ts';
import type { NewPullRequest, PullRequest, PullRequestState, Result } from '../types.ts';
import type { GitHubClient } from './client.ts';
import { allPages } from './pages.ts';
import { Anything, Comment, PullRequestAnswer } from './schema.ts';

/** GitHub's own limits, in characters. */
const TITLE_LIMIT = 256;
const BODY_LIMIT = 65_536;

/** A list's entry does not say who merged it; the request itself does. */
export async function findPullRequest(
  client: GitHubClient,
  { head, base }: { head: string; base: string },
): Promise<Result<PullRequest | undefined>> {
  const found = await client.call(client.acts.readPulls, z.array(PullRequestAnswer), (request) =>
    request('GET /repos/{owner}/{repo}/pulls', {
      ...client.place,
      state: 'all',
      head: `${client.place.owner}:${head}`,
      base,
      sort: 'created',
      direction: 'desc',
      per_page: 30,
    }),
  );
  if (found.status !== 'success') return found;
  const own = found.value.filter(
    (entry) => isOwn(entry) && entry.head.ref === head && entry.base.ref === base,
  );
  const chosen = own.find((entry) => entry.state === 'open') ?? own[0];
  if (!chosen) return success(undefined);
  return chosen.state === 'open' ? success(pullRequestOf(chosen)) : readPullRequest(client, chosen.number);
}

export async function listOpenPullRequests(
  client: GitHubClient,
  { headPrefix, base }: { headPrefix: string; base: string },
): Promise<Result<PullRequest[]>> {
  const all = await allPages(
    client,
    client.acts.readPulls,
    PullRequestAnswer,
    (page) => (request) =>
      request('GET /repos/{owner}/{repo}/pulls', { ...client.place, state: 'open', base, ...page }),
  );
  return mapResult(all, (entries) =>
    entries.filter((entry) => isOwn(entry) && entry.head.ref.startsWith(headPrefix)).map(pullRequestOf),
  );
}

/** Anyone can name a fork's branch as ours are named. */
function isOwn(entry: PullRequestAnswer): boolean {
  return entry.head.repo?.full_name === entry.base.repo.full_name;
}

export async function readPullRequest(client: GitHubClient, number: number): Promise<Result<PullRequest>> {
  return mapResult(await readAnswer(client, number), pullRequestOf);
}

export function readAnswer(client: GitHubClient, number: number): Promise<Result<PullRequestAnswer>> {
  return client.call(client.acts.readPulls, PullRequestAnswer, (request) =>
    request('GET /repos/{owner}/{repo}/pulls/{pull_number}', { ...client.place, pull_number: number }),
  );
}

export async function createPullRequest(
  client: GitHubClient,
  wanted: NewPullRequest,
): Promise<Result<{ pullRequest: PullRequest; created: boolean }>> {
  let existing: PullRequest | undefined;
  const made = await client.call(
    client.acts.createPulls,
    PullRequestAnswer.transform(pullRequestOf),
    (request) =>
      request('POST /repos/{owner}/{repo}/pulls', {
        ...client.place,
        head: wanted.head,
        base: wanted.base,
        title: bounded(wanted.title, TITLE_LIMIT),
        body: bounded(wanted.body, BODY_LIMIT),
        draft: wanted.draft,
      }),
    {
      422: async (answer) => {
        if (!/pull request already exists/i.test(answer.words)) return undefined;
        const found = await findPullRequest(client, wanted);
        if (found.status !== 'success') return found;
        if (found.value?.state.name !== 'open') return undefined;
        existing = found.value;
        return success(existing);
      },
    },
  );
  return mapResult(made, (pullRequest) => ({ pullRequest, created: pullRequest !== existing }));
}

export function updatePullRequest(
  client: GitHubClient,
  number: number,
  change: { title?: string; body?: string; state?: 'closed' },
): Promise<Result<PullRequest>> {
  return client.call(client.acts.changePulls, PullRequestAnswer.transform(pullRequestOf), (request) =>
    request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', {
      ...client.place,
      pull_number: number,
      ...(change.title === undefined ? {} : { title: bounded(change.title, TITLE_LIMIT) }),
      ...(change.body === undefined ? {} : { body: bounded(change.body, BODY_LIMIT) }),
      ...(change.state === undefined ? {} : { state: change.state }),
    }),
  );
}

/** The comment comes first, so that who is told of the closing reads why. */
export async function closePullRequest(
  client: GitHubClient,
  number: number,
  comment: string,
): Promise<Result<PullRequest>> {
  const known = await readPullRequest(client, number);
  if (known.status !== 'success' || known.value.state.name === 'merged') return known;
  const commented = await commentOnce(client, number, bounded(comment, BODY_LIMIT));
  if (commented.status !== 'success' || known.value.state.name === 'closed') {
    return commented.status === 'success' ? known : commented;
  }
  return updatePullRequest(client, number, { state: 'closed' });
}

async function commentOnce(client: GitHubClient, number: number, body: string): Promise<Result<unknown>> {
  const place = { ...client.place, issue_number: number };
  const comments = await allPages(
    client,
    client.acts.readPulls,
    Comment,
    (page) => (request) =>
      request('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', { ...place, ...page }),
  );
  if (comments.status !== 'success') return comments;
  if (comments.value.some((known) => known.body?.trim() === body.trim())) return success(undefined);
  return client.call(client.acts.comment, Anything, (request) =>
    request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', { ...place, body }),
  );
}

/** GitHub creates labels that are missing, and keeps those that are there. */
export async function addLabels(
  client: GitHubClient,
  number: number,
  labels: readonly string[],
): Promise<Result<void>> {
  if (labels.length === 0) return success(undefined);
  const added = await client.call(client.acts.label, Anything, (request) =>
    request('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', {
      ...client.place,
      issue_number: number,
      labels: [...labels],
    }),
  );
  return mapResult(added, () => undefined);
}

function pullRequestOf(answer: PullRequestAnswer): PullRequest {
  return {
    number: answer.number,
    url: answer.html_url,
    title: answer.title,
    body: answer.body ?? '',
    draft: answer.draft ?? false,
    head: { branch: answer.head.ref, commit: answer.head.sha },
    base: answer.base.ref,
    labels: (answer.labels ?? []).map((label) => label.name),
    state: stateOf(answer),
  };
}

function stateOf(answer: PullRequestAnswer): PullRequestState {
  if (answer.merged_at) {
    return {
      name: 'merged',
      commit: answer.merge_commit_sha ?? undefined,
      by: answer.merged_by?.login,
      at: answer.merged_at,
    };
  }
  if (answer.state === 'closed') return { name: 'closed', at: answer.closed_at ?? undefined };
  return { name: 'open', autoMerge: answer.auto_merge ? 'on' : 'off' };
}

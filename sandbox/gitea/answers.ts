/** Bodies of the stand-in's answers. */
import type { StoredPull, StoredRun, StoredStatus } from '../github/state.ts';
import type { GiteaCall, GiteaRepository } from './state.ts';

const WAITING_SINCE = '1970-01-01T00:00:00Z';

export function userBody(login: string): object {
  return { id: 1 + login.length, login, full_name: '', email: `${login}@noreply.gitea.example` };
}

export function repositoryBody(repository: GiteaRepository, mayPush: boolean): object {
  return {
    id: 1,
    name: repository.seed.name,
    full_name: repository.slug,
    owner: userBody(repository.seed.owner),
    private: repository.seed.private ?? false,
    permissions: { admin: false, push: mayPush, pull: true },
    allow_merge_commits: allows(repository, 'merge'),
    allow_squash_merge: allows(repository, 'squash'),
    allow_rebase: allows(repository, 'rebase'),
  };
}

function allows({ seed }: GiteaRepository, method: string): boolean {
  return seed.mergeMethods?.includes(method) ?? true;
}

export function labelBody(call: GiteaCall, label: { id: number; name: string; color: string }): object {
  const url = `${call.webUrl}/api/v1/repos/${call.repository.slug}/labels/${label.id}`;
  return { ...label, exclusive: false, description: '', url };
}

export function pullBody(call: GiteaCall, pull: StoredPull): object {
  const { repository, webUrl } = call;
  const url = `${webUrl}/${repository.slug}/pulls/${pull.number}`;
  const isOwn = pull.headRepository === repository.slug;
  const repo = repositoryBody(repository, true);
  return {
    id: pull.number,
    number: pull.number,
    url,
    html_url: url,
    user: userBody(pull.author),
    title: pull.title,
    body: pull.body,
    labels: repository.labels
      .filter((label) => pull.labels.includes(label.name))
      .map((label) => labelBody(call, label)),
    requested_reviewers: pull.reviewers.length === 0 ? null : pull.reviewers.map(userBody),
    state: pull.state,
    draft: isDraft(pull),
    mergeable: !isDraft(pull) && pull.state === 'open',
    merged: pull.merged !== undefined,
    merged_at: pull.merged?.at ?? null,
    merge_commit_sha: pull.merged?.commit ?? null,
    merged_by: pull.merged ? userBody(pull.merged.by) : null,
    closed_at: pull.closedAt ?? null,
    base: { label: pull.base, ref: pull.base, sha: pull.headCommit, repo_id: 1, repo },
    // A branch that is gone leaves the request's own ref behind.
    head: {
      label: pull.head,
      ref: repository.branches.has(pull.head) ? pull.head : `refs/pull/${pull.number}/head`,
      sha: pull.headCommit,
      repo_id: isOwn ? 1 : 2,
      repo: isOwn ? repo : null,
    },
  };
}

/** By its title, which is how both hosts know it. */
export function isDraft(pull: StoredPull): boolean {
  return /^(WIP:|\[WIP\])/i.test(pull.title);
}

export function reviewBody(review: { by: string; state: string }, index: number): object {
  const user = userBody(review.by);
  return { id: index + 1, user, state: review.state, dismissed: false, stale: false, official: true };
}

export function statusBody(status: StoredStatus): object {
  return {
    id: status.id,
    status: status.state,
    context: status.context,
    description: status.description ?? '',
    target_url: status.targetUrl ?? '',
    url: '',
    creator: userBody(status.creator),
    created_at: status.at,
    updated_at: status.at,
  };
}

export function runBody({ flavour, repository, webUrl }: GiteaCall, run: StoredRun): object {
  const html_url = `${webUrl}/${repository.slug}/actions/runs/${run.id}`;
  if (flavour === 'forgejo') {
    const { id, title, workflow, ref, at } = run;
    return {
      id,
      html_url,
      title,
      workflow_id: workflow,
      event: 'workflow_dispatch',
      prettyref: ref,
      created: at,
    };
  }
  return {
    id: run.id,
    html_url,
    display_title: run.title,
    path: `${run.workflow}@refs/heads/${run.ref}`,
    event: 'workflow_dispatch',
    head_branch: run.ref,
    started_at: WAITING_SINCE,
  };
}

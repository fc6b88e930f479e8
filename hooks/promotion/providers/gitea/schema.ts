/** What Stageline reads of Gitea's and Forgejo's answers; everything else in them is left out. */
import { z } from 'zod';

const User = z.object({ login: z.string() });

/** Gitea leaves out what it does not know, or gives null. */
export const PullRequestAnswer = z.object({
  number: z.int(),
  html_url: z.string(),
  title: z.string(),
  body: z.string().nullish(),
  draft: z.boolean().nullish(),
  state: z.enum(['open', 'closed']),
  merged: z.boolean().nullish(),
  merged_at: z.string().nullish(),
  merge_commit_sha: z.string().nullish(),
  merged_by: User.nullish(),
  closed_at: z.string().nullish(),
  /** `label` is the branch; `ref` becomes `refs/pull/<n>/head` when the branch is gone. */
  head: z.object({ label: z.string(), sha: z.string(), repo_id: z.int() }),
  base: z.object({ ref: z.string(), repo_id: z.int() }),
  labels: z.array(z.object({ name: z.string() })).nullish(),
  requested_reviewers: z.array(User).nullish(),
  requested_reviewers_teams: z.array(z.object({ name: z.string() })).nullish(),
});
export type PullRequestAnswer = z.output<typeof PullRequestAnswer>;

export const Anything = z.unknown();
export const Repository = z.object({
  full_name: z.string(),
  owner: User,
  permissions: z.object({ push: z.boolean(), admin: z.boolean() }).nullish(),
  allow_merge_commits: z.boolean().nullish(),
  allow_squash_merge: z.boolean().nullish(),
  allow_rebase: z.boolean().nullish(),
});
export const Comment = z.object({ body: z.string().nullish() });
export const Label = z.object({ id: z.int(), name: z.string() });
export type Label = z.output<typeof Label>;
export const Review = z.object({ user: User.nullish(), state: z.string(), dismissed: z.boolean().nullish() });

export const Status = z.object({
  id: z.int(),
  context: z.string(),
  status: z.enum(['pending', 'success', 'error', 'failure', 'warning', 'skipped']),
  description: z.string().nullish(),
  target_url: z.string().nullish(),
  created_at: z.string(),
  creator: User.nullish(),
});

export const Branch = z.object({
  protected: z.boolean(),
  required_approvals: z.int().nullish(),
  enable_status_check: z.boolean().nullish(),
  status_check_contexts: z.array(z.string()).nullish(),
  user_can_push: z.boolean(),
});

/** Gitea's (from 1.25 on), Forgejo's, or nothing where neither knows the wish. */
export const DispatchAnswer = z.union([
  z.object({ workflow_run_id: z.int(), html_url: z.string() }),
  z.object({ id: z.int(), run_number: z.int() }),
  z.undefined(),
]);

/** `display_title`, `path` and `started_at` at Gitea; `title`, `workflow_id` and `created` at Forgejo. */
export const WorkflowRuns = z.object({
  workflow_runs: z.array(
    z.object({
      id: z.int(),
      html_url: z.string(),
      event: z.string().nullish(),
      display_title: z.string().nullish(),
      title: z.string().nullish(),
      path: z.string().nullish(),
      workflow_id: z.string().nullish(),
      started_at: z.string().nullish(),
      created: z.string().nullish(),
    }),
  ),
});

export const FileContents = z.object({
  type: z.literal('file'),
  encoding: z.literal('base64'),
  content: z.string(),
});

export const Problem = z.object({ message: z.string() });

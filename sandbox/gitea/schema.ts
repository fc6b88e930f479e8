/**
 * Requests and answers as Gitea's published description (its swagger file) has them, written by hand for the routes in
 * use. Unknown fields and parameters do not fit.
 */
import { z } from 'zod';

const Page = { page: z.string().regex(/^\d+$/).optional(), limit: z.string().regex(/^\d+$/).optional() };
const Nothing = z.undefined();

const User = z.strictObject({ id: z.int(), login: z.string(), full_name: z.string(), email: z.string() });
const Label = z.strictObject({
  id: z.int(),
  name: z.string(),
  color: z.string().regex(/^[0-9a-f]{6}$/),
  exclusive: z.boolean(),
  description: z.string(),
  url: z.string(),
});
const Repository = z.strictObject({
  id: z.int(),
  name: z.string(),
  full_name: z.string(),
  owner: User,
  private: z.boolean(),
  permissions: z.strictObject({ admin: z.boolean(), push: z.boolean(), pull: z.boolean() }),
  allow_merge_commits: z.boolean(),
  allow_squash_merge: z.boolean(),
  allow_rebase: z.boolean(),
});
const BranchPlace = z.strictObject({
  label: z.string(),
  ref: z.string(),
  sha: z.string(),
  repo_id: z.int(),
  repo: Repository.nullable(),
});
const PullRequest = z.strictObject({
  id: z.int(),
  number: z.int(),
  url: z.string(),
  html_url: z.string(),
  user: User,
  title: z.string(),
  body: z.string(),
  labels: z.array(Label),
  requested_reviewers: z.array(User).nullable(),
  state: z.enum(['open', 'closed']),
  draft: z.boolean(),
  mergeable: z.boolean(),
  merged: z.boolean(),
  merged_at: z.string().nullable(),
  merge_commit_sha: z.string().nullable(),
  merged_by: User.nullable(),
  closed_at: z.string().nullable(),
  base: BranchPlace,
  head: BranchPlace,
});
const Comment = z.strictObject({ id: z.int(), html_url: z.string(), user: User, body: z.string() });
const Review = z.strictObject({
  id: z.int(),
  user: User,
  state: z.enum(['APPROVED', 'PENDING', 'COMMENT', 'REQUEST_CHANGES', 'REQUEST_REVIEW']),
  dismissed: z.boolean(),
  stale: z.boolean(),
  official: z.boolean(),
});
const Status = z.strictObject({
  id: z.int(),
  status: z.enum(['pending', 'success', 'error', 'failure', 'warning', 'skipped']),
  context: z.string(),
  description: z.string(),
  target_url: z.string(),
  url: z.string(),
  creator: User,
  created_at: z.string(),
  updated_at: z.string(),
});
const Branch = z.strictObject({
  name: z.string(),
  commit: z.strictObject({ id: z.string() }),
  protected: z.boolean(),
  required_approvals: z.int(),
  enable_status_check: z.boolean(),
  status_check_contexts: z.array(z.string()),
  user_can_push: z.boolean(),
  user_can_merge: z.boolean(),
});
const Run = z.strictObject({
  id: z.int(),
  html_url: z.string(),
  display_title: z.string(),
  path: z.string(),
  event: z.string(),
  head_branch: z.string(),
  started_at: z.string(),
});
/** Forgejo's own description of a run. */
const ForgejoRun = z.strictObject({
  id: z.int(),
  html_url: z.string(),
  title: z.string(),
  workflow_id: z.string(),
  event: z.string(),
  prettyref: z.string(),
  created: z.string(),
});
const Contents = z.strictObject({
  name: z.string(),
  path: z.string(),
  sha: z.string(),
  type: z.literal('file'),
  encoding: z.literal('base64'),
  content: z.string(),
});

interface RouteSchema {
  query?: z.ZodType;
  body?: z.ZodType;
  /** By status; undefined for an empty one. */
  answers: Record<number, z.ZodType>;
}

/** By method and path below `/api/v1/repos/{owner}/{repo}`. `{*}` takes slashes too. */
export const routeSchemas: Readonly<Record<string, RouteSchema>> = {
  'GET ': { answers: { 200: Repository } },
  'GET /pulls': {
    query: z.strictObject({
      ...Page,
      state: z.enum(['open', 'closed', 'all']).optional(),
      sort: z
        .enum(['oldest', 'recentupdate', 'leastupdate', 'mostcomment', 'leastcomment', 'priority'])
        .optional(),
      base_branch: z.string().optional(),
    }),
    answers: { 200: z.array(PullRequest) },
  },
  'POST /pulls': {
    body: z.strictObject({
      head: z.string(),
      base: z.string(),
      title: z.string().max(255),
      body: z.string().optional(),
      labels: z.array(z.int()).optional(),
      assignees: z.array(z.string()).optional(),
    }),
    answers: { 201: PullRequest },
  },
  'GET /pulls/{index}': { answers: { 200: PullRequest } },
  'PATCH /pulls/{index}': {
    body: z.strictObject({
      title: z.string().max(255).optional(),
      body: z.string().optional(),
      state: z.enum(['open', 'closed']).optional(),
      base: z.string().optional(),
    }),
    answers: { 201: PullRequest },
  },
  'POST /pulls/{index}/merge': {
    body: z.strictObject({
      Do: z.enum(['merge', 'rebase', 'rebase-merge', 'squash', 'fast-forward-only', 'manually-merged']),
      head_commit_id: z.string().optional(),
      merge_when_checks_succeed: z.boolean().optional(),
      delete_branch_after_merge: z.boolean().optional(),
    }),
    answers: { 200: Nothing, 201: Nothing },
  },
  'GET /pulls/{index}/reviews': { query: z.strictObject(Page), answers: { 200: z.array(Review) } },
  'POST /pulls/{index}/requested_reviewers': {
    body: z.strictObject({
      reviewers: z.array(z.string()).optional(),
      team_reviewers: z.array(z.string()).optional(),
    }),
    answers: { 201: z.array(Review) },
  },
  // After the routes of one request, which it would fit too.
  'GET /pulls/{base}/{*}': { answers: { 200: PullRequest } },
  'GET /issues/{index}/comments': { answers: { 200: z.array(Comment) } },
  'POST /issues/{index}/comments': {
    body: z.strictObject({ body: z.string().min(1) }),
    answers: { 201: Comment },
  },
  'POST /issues/{index}/labels': {
    body: z.strictObject({ labels: z.union([z.array(z.int()), z.array(z.string())]) }),
    answers: { 200: z.array(Label) },
  },
  'GET /labels': { query: z.strictObject(Page), answers: { 200: z.array(Label) } },
  'POST /labels': {
    body: z.strictObject({
      name: z.string().min(1),
      color: z.string().regex(/^#[0-9a-f]{6}$/),
      description: z.string().optional(),
      exclusive: z.boolean().optional(),
    }),
    answers: { 201: Label },
  },
  'GET /statuses/{sha}': {
    query: z.strictObject({ ...Page, sort: z.string().optional(), state: z.string().optional() }),
    answers: { 200: z.array(Status) },
  },
  'POST /statuses/{sha}': {
    body: z.strictObject({
      state: z.enum(['pending', 'success', 'error', 'failure', 'warning', 'skipped']),
      context: z.string().optional(),
      description: z.string().optional(),
      target_url: z.string().optional(),
    }),
    answers: { 201: Status },
  },
  'GET /git/commits/{sha}': { answers: { 200: z.strictObject({ sha: z.string() }) } },
  'GET /branches/{*}': { answers: { 200: Branch } },
  'GET /contents/{*}': { query: z.strictObject({ ref: z.string().optional() }), answers: { 200: Contents } },
  'POST /actions/workflows/{workflow}/dispatches': {
    query: z.strictObject({ return_run_details: z.enum(['true', 'false']).optional() }),
    body: z.strictObject({
      ref: z.string(),
      inputs: z.record(z.string(), z.string()).optional(),
      // Forgejo's; Gitea takes no notice of fields that it does not know.
      return_run_info: z.boolean().optional(),
    }),
    answers: {
      200: z.strictObject({ workflow_run_id: z.int(), run_url: z.string(), html_url: z.string() }),
      201: z.strictObject({ id: z.int(), run_number: z.int(), jobs: z.array(z.string()) }),
      204: Nothing,
    },
  },
  'GET /actions/runs': {
    query: z.strictObject({
      ...Page,
      event: z.string().optional(),
      branch: z.string().optional(),
      status: z.string().optional(),
      actor: z.string().optional(),
      head_sha: z.string().optional(),
    }),
    answers: {
      200: z.strictObject({ total_count: z.int(), workflow_runs: z.array(z.union([Run, ForgejoRun])) }),
    },
  },
};

/** What Stageline reads of GitHub's answers; everything else in them is left out. */
import { z } from 'zod';

const User = z.object({ login: z.string() });

export const Repository = z.object({
  full_name: z.string(),
  private: z.boolean(),
  permissions: z.object({ push: z.boolean().optional(), admin: z.boolean().optional() }).optional(),
});

export const PullRequestAnswer = z.object({
  number: z.int(),
  node_id: z.string(),
  html_url: z.string(),
  title: z.string(),
  body: z.string().nullish(),
  draft: z.boolean().optional(),
  state: z.enum(['open', 'closed']),
  closed_at: z.string().nullish(),
  merged_at: z.string().nullish(),
  merge_commit_sha: z.string().nullish(),
  merged_by: User.nullish(),
  auto_merge: z.unknown(),
  head: z.object({
    ref: z.string(),
    sha: z.string(),
    repo: z.object({ full_name: z.string() }).nullish(),
  }),
  base: z.object({ ref: z.string(), repo: z.object({ full_name: z.string() }) }),
  labels: z.array(z.object({ name: z.string() })).optional(),
  requested_reviewers: z.array(User).nullish(),
  requested_teams: z.array(z.object({ slug: z.string() })).nullish(),
});
export type PullRequestAnswer = z.output<typeof PullRequestAnswer>;

export const Comment = z.object({ body: z.string().nullish() });
export const Review = z.object({ user: User.nullable(), state: z.string() });
export const MergeAnswer = z.object({ merged: z.boolean() });
export const Anything = z.unknown();

export const Status = z.object({
  context: z.string(),
  state: z.enum(['pending', 'success', 'failure', 'error']),
  description: z.string().nullish(),
  target_url: z.string().nullish(),
  created_at: z.string(),
  creator: User.nullish(),
});

/** Empty (status 204) where the host does not know `return_run_details`. */
export const DispatchAnswer = z.union([
  z.object({ workflow_run_id: z.int(), html_url: z.string() }),
  z.literal(''),
  z.undefined(),
]);

export const WorkflowRuns = z.object({
  workflow_runs: z.array(
    z.object({
      id: z.int(),
      html_url: z.string(),
      name: z.string().nullish(),
      display_title: z.string().optional(),
      created_at: z.string(),
    }),
  ),
});

export const Branch = z.object({
  protected: z.boolean(),
  protection: z
    .object({
      enabled: z.boolean().optional(),
      required_status_checks: z
        .object({ enforcement_level: z.string().nullish(), contexts: z.array(z.string()) })
        .nullish(),
    })
    .optional(),
});

export const Protection = z.object({
  required_status_checks: z.object({ contexts: z.array(z.string()).optional() }).nullish(),
  required_pull_request_reviews: z.object({ required_approving_review_count: z.int().optional() }).nullish(),
  restrictions: z.object({}).nullish(),
});

/** Rules of rulesets; of the kinds that Stageline does not know, only the kind. */
export const Rules = z.array(
  z.object({
    type: z.string(),
    parameters: z
      .object({
        required_approving_review_count: z.int().optional(),
        required_status_checks: z.array(z.object({ context: z.string() })).optional(),
      })
      .optional(),
  }),
);
export type Rules = z.output<typeof Rules>;

export const Installation = z.object({ id: z.int() });

export const GraphqlAnswer = z.object({
  errors: z.array(z.object({ type: z.string().optional(), message: z.string() })).optional(),
});

/** An error's body: `message`, and for 422 what is wrong field by field. */
export const Problem = z.object({
  message: z.string(),
  errors: z
    .array(
      z.union([
        z.string(),
        z.object({
          message: z.string().optional(),
          resource: z.string().optional(),
          field: z.string().optional(),
          code: z.string().optional(),
        }),
      ]),
    )
    .optional()
    .catch(undefined),
});

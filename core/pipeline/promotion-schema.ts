/** How a version comes into a stage, and what becomes of a bad one: `promotion` and `rollback` of a stage. */
import { z } from 'zod';
import { isCron, isTimeZone } from '../promotion/cron.ts';
import { Duration, HttpUrl, oneOfFields } from './fields.ts';

export const PROMOTION_WAYS = ['push', 'pullRequest', 'workflow'] as const;

const PushSchema = z.strictObject({
  merge: z
    .boolean()
    .optional()
    .meta({ description: 'Merge into the target branch at once; default true. Else the branch waits.' }),
});

const PullRequestFields = z.strictObject({
  title: z.string().min(1).optional().meta({
    description:
      'Title; {pipeline}, {stage}, {target}, {freight} and {versions} are filled in. Default: Promote {pipeline} to {target}: {versions}.',
  }),
  labels: z.array(z.string().min(1)).optional(),
  reviewers: z
    .array(z.string().regex(/^[\w.-]+(\/[\w.-]+)?$/, 'must be a user, or a team as organisation/team'))
    .optional()
    .meta({ description: 'Users by login name, teams as organisation/team.' }),
  draft: z.boolean().optional(),
  autoMerge: z
    .union([z.boolean(), z.enum(['merge', 'squash', 'rebase'])])
    .optional()
    .meta({
      description: 'Let the Git host merge when its requirements are met; true is squash. Default false.',
    }),
});

const PullRequestSchema = PullRequestFields.refine(
  ({ draft = false, autoMerge = false }) => !draft || autoMerge === false,
  { error: 'cannot be a draft, which no host merges, and merge by itself', path: ['autoMerge'] },
);

const WorkflowSchema = z.strictObject({
  file: z
    .string()
    .regex(/^[\w.-]+\.ya?ml$/, 'must be the file name of a workflow, such as promote.yaml')
    .meta({ description: 'File in .github/workflows (or .gitea/workflows) of the repository.' }),
  ref: z.string().min(1).optional().meta({ description: 'Branch or tag; default: the target branch.' }),
  inputs: z
    .record(z.string(), z.string())
    .refine((inputs) => !('traceParent' in inputs), 'must not have traceParent, which every run is given')
    .optional()
    .meta({
      description:
        'Further inputs beside traceParent; {pipeline}, {stage}, {target}, {freight}, {commit}, {head}, {versions}, {items}, {version:<key>} and {promotionFile} are filled in.',
    }),
});

const WindowSchema = z.strictObject({
  kind: z
    .enum(['allow', 'deny'])
    .meta({ description: 'Of several, one that allows is enough and one that denies wins.' }),
  schedule: z
    .string()
    .refine(isCron, 'must be a cron expression of five fields, such as "0 9 * * 1-5"')
    .meta({ description: 'When the window opens: minute, hour, day of month, month, day of week.' }),
  duration: Duration,
  timeZone: z
    .string()
    .refine(isTimeZone, 'must be a time zone such as Europe/Zurich')
    .optional()
    .meta({ description: 'IANA name; default UTC.' }),
});

const ApprovalSchema = z.union([
  z.boolean(),
  z.strictObject({
    expires: Duration.optional().meta({ description: 'Then it can no longer be approved; default never.' }),
  }),
]);

/** It becomes part of plans and ledgers, where no secret may be. */
const PublicUrl = HttpUrl.refine(
  (text) => !/^https?:\/\/[^/]*@/i.test(text),
  'must not hold a user or a token; put them into the Secret',
);

const hostFields = {
  branch: z
    .string()
    .refine((name) => !/^-|\.\.|[\s~^:?*[\\]|\/$|^\/|^$/.test(name), 'must be the name of a branch')
    .optional()
    .meta({
      description:
        'Branch that the target stage is delivered from; default: the one that this stage came from.',
    }),
  repository: PublicUrl.optional().meta({
    description: 'Repository that the target stage is delivered from; default: that of this stage.',
  }),
  provider: z
    .enum(['github', 'gitea', 'forgejo'])
    .optional()
    .meta({ description: 'Kind of Git host, where its name does not say it.' }),
  api: PublicUrl.optional().meta({
    description: 'Address of the Git host’s API, where it is not at its usual place.',
  }),
  secret: z.string().optional().meta({
    description:
      'Secret with username and token in the hook namespace; default stageline-git. Never a value.',
  }),
  by: z.enum(['hook', 'due']).optional().meta({
    description:
      'Who carries it out: `hook` (default), with the Secret of the hook namespace, or `due`: the CronJob of "stageline promote --due", with credentials of its own namespace that no stage can read.',
  }),
};

export const PromotionSchema = z
  .strictObject({
    push: PushSchema.optional(),
    pullRequest: PullRequestSchema.optional(),
    workflow: WorkflowSchema.optional(),
    ...hostFields,
    approval: ApprovalSchema.optional().meta({
      description: 'Wait until somebody resumes the promotion’s Job in Argo CD; default false.',
    }),
    soak: Duration.optional().meta({ description: 'Wait so long after the version was verified.' }),
    windows: z.array(WindowSchema).min(1).optional().meta({ description: 'When promotions may happen.' }),
    hold: z.string().min(1).optional().meta({
      description: 'Hold every promotion into this stage, for this reason, until somebody lets it go.',
    }),
  })
  .refine((promotion) => PROMOTION_WAYS.filter((way) => promotion[way] !== undefined).length === 1, {
    error: 'must have exactly one way: push, pullRequest or workflow',
  })
  .meta({ oneOf: oneOfFields(PROMOTION_WAYS) });

export const RollbackSchema = z
  .strictObject({
    push: z.strictObject({}).optional().meta({ description: 'Commit to the branch.' }),
    pullRequest: PullRequestSchema.optional(),
    ...hostFields,
    after: Duration.optional().meta({
      description: 'How long a failure to apply or to become healthy has to stand; default 15m.',
    }),
  })
  .refine((rollback) => (rollback.push === undefined) !== (rollback.pullRequest === undefined), {
    error: 'must have exactly one way: push or pullRequest',
  })
  .meta({ oneOf: oneOfFields(['push', 'pullRequest']) });

export type PromotionSettings = z.output<typeof PromotionSchema>;
export type RollbackSettings = z.output<typeof RollbackSchema>;
export type WindowSettings = z.output<typeof WindowSchema>;

/** Bodies of the stand-in's answers: GitHub's published examples with what the stand-in knows put in. */
import type { Description } from './description.ts';
import { isRecord, type JsonRecord } from './json.ts';
import type { StoredPull, StoredRepository, StoredRun, StoredStatus } from './state.ts';

export interface Answers {
  repository(repository: StoredRepository, mayPush: boolean): JsonRecord;
  pull(repository: StoredRepository, pull: StoredPull): JsonRecord;
  /** As in lists, which say less. */
  listedPull(repository: StoredRepository, pull: StoredPull): JsonRecord;
  status(status: StoredStatus): JsonRecord;
  run(repository: StoredRepository, run: StoredRun): JsonRecord;
  comment(comment: { body: string; by: string }): JsonRecord;
  review(review: { by: string; state: string }): JsonRecord;
  label(name: string): JsonRecord;
  branch(name: string, commit: string, checks: readonly string[] | undefined): JsonRecord;
  protection(checks: readonly string[], approvals: number): JsonRecord;
}

export function answersFrom(description: Description, webUrl: () => string): Answers {
  const { example } = description;

  function user(login: string): JsonRecord {
    const known = example('pull-request')['user'];
    return { ...(isRecord(known) ? known : {}), login };
  }

  /** The example lacks fields that its own schema requires. */
  function team(slug: string): JsonRecord {
    const teams = example('pull-request')['requested_teams'];
    const from: unknown = Array.isArray(teams) ? teams[0] : {};
    return {
      ...(isRecord(from) ? from : {}),
      slug,
      name: slug,
      type: 'organization',
      organization_id: 1,
      parent: null,
    };
  }

  function pullFields(repository: StoredRepository, pull: StoredPull): JsonRecord {
    return {
      number: pull.number,
      node_id: nodeId(repository, pull),
      html_url: `${webUrl()}/${repository.slug}/pull/${pull.number}`,
      title: pull.title,
      body: pull.body,
      draft: pull.draft,
      state: pull.state,
      user: user(pull.author),
      closed_at: pull.closedAt ?? null,
      merged_at: pull.merged?.at ?? null,
      merge_commit_sha: pull.merged?.commit ?? null,
      labels: pull.labels.map(label),
      auto_merge:
        pull.autoMerge === undefined
          ? null
          : {
              enabled_by: user(pull.author),
              merge_method: pull.autoMerge,
              commit_title: '',
              commit_message: '',
            },
      requested_reviewers: pull.reviewers.map(user),
      requested_teams: pull.teams.map(team),
    };
  }

  function place(from: unknown, repositoryName: string, branch: string, commit: string): JsonRecord {
    const known = isRecord(from) ? from : {};
    const [owner = ''] = repositoryName.split('/');
    const repo = isRecord(known['repo']) ? known['repo'] : {};
    return {
      ...known,
      ref: branch,
      sha: commit,
      label: `${owner}:${branch}`,
      repo: { ...repo, full_name: repositoryName },
    };
  }

  function places(from: JsonRecord, repository: StoredRepository, pull: StoredPull): JsonRecord {
    return {
      head: place(from['head'], pull.headRepository, pull.head, pull.headCommit),
      base: place(from['base'], repository.slug, pull.base, pull.merged?.commit ?? pull.headCommit),
    };
  }

  function label(name: string): JsonRecord {
    return { ...example('label-items'), name };
  }

  return {
    repository: (repository, mayPush) => {
      // The example's own fork parent lacks what its schema requires.
      const { source: _source, parent: _parent, ...from } = example('full-repository-default-response');
      return {
        ...from,
        name: repository.seed.name,
        full_name: repository.slug,
        fork: false,
        language: null,
        private: repository.seed.private ?? false,
        allow_auto_merge: repository.seed.allowAutoMerge ?? false,
        permissions: { admin: false, maintain: false, push: mayPush, triage: mayPush, pull: true },
      };
    },
    pull: (repository, pull) => {
      const from = example('pull-request');
      return {
        ...from,
        ...pullFields(repository, pull),
        ...places(from, repository, pull),
        merged: pull.merged !== undefined,
        merged_by: pull.merged ? user(pull.merged.by) : null,
        comments: pull.comments.length,
      };
    },
    listedPull: (repository, pull) => {
      const from = example('pull-request-simple-items');
      return { ...from, ...pullFields(repository, pull), ...places(from, repository, pull) };
    },
    status: (status) => ({
      ...example('status'),
      id: status.id,
      state: status.state,
      context: status.context,
      description: status.description,
      target_url: status.targetUrl,
      creator: user(status.creator),
      created_at: status.at,
      updated_at: status.at,
    }),
    run: (repository, run) => {
      const runs = example('workflow-run-paginated')['workflow_runs'];
      const from: unknown = Array.isArray(runs) ? runs[0] : {};
      return {
        ...(isRecord(from) ? from : {}),
        id: run.id,
        name: run.title,
        display_title: run.title,
        event: 'workflow_dispatch',
        head_branch: run.ref,
        html_url: `${webUrl()}/${repository.slug}/actions/runs/${run.id}`,
        actor: user(run.by),
        created_at: run.at,
        updated_at: run.at,
      };
    },
    comment: ({ body, by }) => ({ ...example('issue-comment'), body, user: user(by) }),
    review: ({ by, state }) => ({ ...example('pull-request-review-items'), user: user(by), state }),
    label,
    branch: (name, commit, checks) => {
      const from = example('branch-get');
      return {
        ...from,
        name,
        commit: { ...(isRecord(from['commit']) ? from['commit'] : {}), sha: commit },
        protected: checks !== undefined,
        protection: {
          enabled: checks !== undefined,
          required_status_checks: {
            enforcement_level: checks?.length ? 'non_admins' : 'off',
            contexts: checks ?? [],
            checks: [],
          },
        },
      };
    },
    protection: (checks, approvals) => ({
      required_status_checks: { strict: false, contexts: checks, checks: [] },
      required_pull_request_reviews: {
        dismiss_stale_reviews: false,
        require_code_owner_reviews: false,
        required_approving_review_count: approvals,
      },
    }),
  };
}

export function nodeId(repository: StoredRepository, pull: Pick<StoredPull, 'number'>): string {
  return Buffer.from(`${repository.slug}#${pull.number}`).toString('base64');
}

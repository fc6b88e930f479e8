/** What a token can be used for at Gitea and Forgejo, and the scope that each act needs, in their words. */
import type { Act } from '../explain.ts';

type ActName =
  | 'readRepository'
  | 'readPulls'
  | 'listPulls'
  | 'createPulls'
  | 'changePulls'
  | 'readComments'
  | 'comment'
  | 'label'
  | 'review'
  | 'merge'
  | 'readStatuses'
  | 'writeStatuses'
  | 'dispatch'
  | 'readRuns'
  | 'readBranch';

export type GiteaActs = Readonly<Record<ActName, Act>>;

const READ = 'the scope "read:repository"';
const WRITE_ISSUES = 'the scope "write:issue"';

export function giteaActs(slug: string): GiteaActs {
  const write = `the scope "write:repository", and its user write access to ${slug}`;
  const make = (may: string, right: string, object?: string): Act => ({
    may: `${may} ${slug}`,
    right,
    writes: !/^(read|list)/.test(may),
    ...(object === undefined ? {} : { object }),
  });
  return {
    readRepository: make('read', READ),
    readPulls: make('read pull requests of', READ, 'such pull request'),
    // A repository that was just made counts as empty for some seconds.
    listPulls: make('list pull requests of', READ, 'pull requests (are they turned off, or is it empty?)'),
    createPulls: make('create pull requests in', write, 'such branch'),
    changePulls: make('change pull requests of', write, 'such pull request'),
    readComments: make('read comments of', WRITE_ISSUES, 'such pull request'),
    comment: make('comment on pull requests of', WRITE_ISSUES, 'such pull request'),
    label: make(
      'label pull requests of',
      `${WRITE_ISSUES}, and its user write access to ${slug}`,
      'such pull request',
    ),
    review: make('request reviews in', write, 'such pull request, user or team'),
    merge: make('merge pull requests of', write, 'such pull request'),
    readStatuses: make('read commit statuses of', READ, 'such commit'),
    writeStatuses: make('write commit statuses in', write, 'such commit'),
    dispatch: make('dispatch workflows in', write, 'such workflow'),
    readRuns: make('read workflow runs of', READ, 'workflow runs'),
    readBranch: make('read branches of', READ, 'such branch'),
  };
}

/** What a token can be used for at GitHub, and the right that each act needs, in GitHub's words. */
import type { Act } from '../explain.ts';

type ActName =
  | 'readRepository'
  | 'readPulls'
  | 'createPulls'
  | 'changePulls'
  | 'comment'
  | 'label'
  | 'review'
  | 'autoMerge'
  | 'merge'
  | 'readStatuses'
  | 'writeStatuses'
  | 'dispatch'
  | 'readRuns'
  | 'readBranch'
  | 'readProtection'
  | 'installation';

export type GitHubActs = Readonly<Record<ActName, Act>>;

export function githubActs(slug: string): GitHubActs {
  const read = (may: string, right: string, object?: string): Act =>
    act(`${may} ${slug}`, right, false, object);
  const write = (may: string, right: string, object?: string): Act =>
    act(`${may} ${slug}`, right, true, object);
  return {
    readRepository: read('read', '"Metadata: read"'),
    readPulls: read('read pull requests of', '"Pull requests: read"', 'such pull request'),
    createPulls: write('create pull requests in', '"Pull requests: write"'),
    changePulls: write('change pull requests of', '"Pull requests: write"', 'such pull request'),
    comment: write('comment on pull requests of', '"Pull requests: write"', 'such pull request'),
    label: write('label pull requests of', '"Pull requests: write"', 'such pull request'),
    review: write('request reviews in', '"Pull requests: write"', 'such pull request'),
    autoMerge: write(
      'enable auto-merge in',
      '"Pull requests: write" and "Contents: write"',
      'such pull request',
    ),
    merge: write(
      'merge pull requests of',
      '"Pull requests: write" and "Contents: write"',
      'such pull request',
    ),
    readStatuses: read('read commit statuses of', '"Commit statuses: read"', 'such commit'),
    writeStatuses: write('write commit statuses in', '"Commit statuses: write"', 'such commit'),
    dispatch: write('dispatch workflows in', '"Actions: write"', 'such workflow'),
    readRuns: read('read workflow runs of', '"Actions: read"', 'such workflow'),
    readBranch: read('read branches of', '"Contents: read"', 'such branch'),
    readProtection: read(
      'read the branch protection of',
      '"Administration: read"',
      'protection of that branch',
    ),
    installation: read('act as an installed GitHub App in', 'an installation in this repository'),
  };
}

function act(may: string, right: string, writes: boolean, object: string | undefined): Act {
  return { may, right, writes, ...(object === undefined ? {} : { object }) };
}

const PERMISSION_NAMES: Readonly<Record<string, string>> = {
  statuses: 'Commit statuses',
  contents: 'Contents',
  actions: 'Actions',
  pull_requests: 'Pull requests',
  issues: 'Issues',
  administration: 'Administration',
  metadata: 'Metadata',
};

/**
 * The right that an answer's headers ask for: fine-grained tokens and Apps are told permissions
 * (`x-accepted-github-permissions: issues=write; pull_requests=write`, either will do), classic tokens scopes.
 */
export function acceptedRight(headers: Record<string, string>): string | undefined {
  const permissions = headers['x-accepted-github-permissions'];
  if (permissions) {
    const choices = permissions
      .split(';')
      .map((choice) => choice.split(',').map(permissionName).join(' and '));
    return choices.join(' or ');
  }
  const scopes = headers['x-accepted-oauth-scopes'];
  if (headers['x-oauth-scopes'] === undefined || !scopes) return undefined;
  return `the scope ${scopes
    .split(',')
    .map((scope) => `"${scope.trim()}"`)
    .join(' or ')}`;
}

function permissionName(text: string): string {
  const [name = '', level = ''] = text.trim().split('=');
  return `"${PERMISSION_NAMES[name] ?? name}: ${level}"`;
}

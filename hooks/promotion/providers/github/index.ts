/** GitHub: github.com, GitHub Enterprise Cloud with data residency (ghe.com) and Enterprise Server. */
import { apiAddress } from '../credentials.ts';
import { mapResult } from '../result.ts';
import type { RepositoryAddress } from '../address.ts';
import type { GitProvider, ProviderModule, ProviderOptions } from '../types.ts';
import { autoMerge } from './auto-merge.ts';
import { createGitHubClient } from './client.ts';
import { readGitHubCredentials } from './credentials.ts';
import { readProtection, readRights } from './protection.ts';
import * as pulls from './pull-requests.ts';
import * as reviews from './reviews.ts';
import { readStatuses, setStatus } from './statuses.ts';
import { dispatchWorkflow, findDispatch } from './workflows.ts';

export const github: ProviderModule = {
  kind: 'github',
  names: ['github'],
  serves: ({ host }) => host === 'github.com' || host.endsWith('.ghe.com') || host.startsWith('github.'),
  open: openGitHub,
};

/** Where a host has its API by GitHub's documentation. */
export function usualApiAddress({ origin, host }: RepositoryAddress): string {
  if (host === 'github.com') return 'https://api.github.com';
  if (host.endsWith('.ghe.com')) return `https://api.${host}`;
  return `${new URL(origin).origin}/api/v3`;
}

function openGitHub(options: ProviderOptions): GitProvider {
  const client = createGitHubClient(options, {
    baseUrl: apiAddress(options.env, usualApiAddress(options.repository)),
    credentials: readGitHubCredentials(options.env),
  });
  return {
    kind: 'github',
    repository: options.repository,
    findPullRequest: (branches) => pulls.findPullRequest(client, branches),
    listOpenPullRequests: (query) => pulls.listOpenPullRequests(client, query),
    readPullRequest: (number) => pulls.readPullRequest(client, number),
    createPullRequest: (wanted) => pulls.createPullRequest(client, wanted),
    updatePullRequest: (number, change) => pulls.updatePullRequest(client, number, change),
    closePullRequest: (number, { comment }) => pulls.closePullRequest(client, number, comment),
    addLabels: (number, labels) => pulls.addLabels(client, number, labels),
    requestReviewers: (number, reviewers) => reviews.requestReviewers(client, number, reviewers),
    autoMerge: (number, wanted) => autoMerge(client, number, wanted),
    readApprovals: (number) => reviews.readApprovals(client, number),
    readStatuses: (commit) => readStatuses(client, commit),
    setStatus: (commit, status) => setStatus(client, commit, status),
    dispatchWorkflow: (dispatch) => dispatchWorkflow(client, dispatch),
    findDispatch: (query) => findDispatch(client, query),
    readProtection: (branch) => readProtection(client, branch),
    readRights: () => readRights(client),
    gitCredentials: async () =>
      mapResult(await client.credential(), ({ token }) => ({
        username: options.env['STAGELINE_GIT_USERNAME'] || 'x-access-token',
        token,
      })),
  };
}

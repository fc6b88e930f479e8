/** Gitea and Forgejo, which share one API as far as Stageline uses it. */
import { apiAddress, readToken } from '../credentials.ts';
import { success } from '../result.ts';
import type { GitProvider, ProviderModule, ProviderOptions } from '../types.ts';
import { autoMerge } from './auto-merge.ts';
import { createGiteaClient } from './client.ts';
import { addLabels } from './labels.ts';
import { readProtection, readRights } from './protection.ts';
import * as pulls from './pull-requests.ts';
import * as reviews from './reviews.ts';
import { readStatuses, setStatus } from './statuses.ts';
import { dispatchWorkflow, findDispatch } from './workflows.ts';

export const gitea: ProviderModule = {
  kind: 'gitea',
  names: ['gitea', 'forgejo'],
  serves: ({ host }) => ['codeberg.org', 'gitea.com'].includes(host) || /^(gitea|forgejo)[.-]/.test(host),
  open: openGitea,
};

function openGitea(options: ProviderOptions): GitProvider {
  const token = readToken(options.env);
  const baseUrl = apiAddress(options.env, `${options.repository.origin}/api/v1`);
  const client = createGiteaClient(options, { baseUrl, token });
  return {
    kind: 'gitea',
    repository: options.repository,
    findPullRequest: (branches) => pulls.findPullRequest(client, branches),
    listOpenPullRequests: (query) => pulls.listOpenPullRequests(client, query),
    readPullRequest: (number) => pulls.readPullRequest(client, number),
    createPullRequest: (wanted) => pulls.createPullRequest(client, wanted),
    updatePullRequest: (number, change) => pulls.updatePullRequest(client, number, change),
    closePullRequest: (number, { comment }) => pulls.closePullRequest(client, number, comment),
    addLabels: (number, labels) => addLabels(client, number, labels),
    requestReviewers: (number, reviewers) => reviews.requestReviewers(client, number, reviewers),
    autoMerge: (number, wanted) => autoMerge(client, number, wanted),
    readApprovals: (number) => reviews.readApprovals(client, number),
    readStatuses: (commit) => readStatuses(client, commit),
    setStatus: (commit, status) => setStatus(client, commit, status),
    dispatchWorkflow: (dispatch) => dispatchWorkflow(client, dispatch),
    findDispatch: (query) => findDispatch(client, query),
    readProtection: (branch) => readProtection(client, branch),
    readRights: () => readRights(client),
    gitCredentials: async () => success({ username: options.env['STAGELINE_GIT_USERNAME'] || 'git', token }),
  };
}

/** Tokens of a GitHub App's installation, for this repository alone, renewed before they expire. */
import { createAppAuth } from '@octokit/auth-app';
import type { Octokit } from '@octokit/core';
import type { GitHubCredentials } from './credentials.ts';

export interface AppToken {
  token: string;
  /** Such as `{ pull_requests: 'write' }`. */
  permissions: Record<string, string>;
  /** RFC 3339 */
  createdAt: string;
}

export interface AppTokens {
  /** A signed statement to be the App, for the one call that looks its installation up. */
  appJwt(): Promise<string>;
  /** Throws what the request throws. */
  installationToken(installationId: number, repository: string): Promise<AppToken>;
}

export function createAppTokens(
  app: GitHubCredentials & { kind: 'app' },
  request: Octokit['request'],
  log: { warn: (message: string) => void },
): AppTokens {
  const { appId, privateKey } = app;
  const auth = createAppAuth({ appId, privateKey, request, log });
  return {
    appJwt: async () => (await auth({ type: 'app' })).token,
    installationToken: async (installationId, repository) => {
      const made = await auth({ type: 'installation', installationId, repositoryNames: [repository] });
      return { token: made.token, permissions: { ...made.permissions }, createdAt: made.createdAt };
    },
  };
}

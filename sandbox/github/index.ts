/** A stand-in for GitHub's API, for tests and the sandbox. */
export { startGitHubStandIn, type GitHubStandIn, type GitHubStandInOptions } from './server.ts';
export type { AppSeed, Permissions, TokenSeed } from './access.ts';
export type { Fault } from './faults.ts';
export type { SeenRequest } from './loopback.ts';
export type { RepositorySeed, StoredPull, StoredRepository } from './state.ts';

/** A stand-in for the API of Gitea and Forgejo, for tests and the sandbox. */
export { startGiteaStandIn, type GiteaStandInOptions } from './server.ts';
export type { Flavour, GiteaSeed, GiteaStandIn, GiteaTokenSeed } from './state.ts';

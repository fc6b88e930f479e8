/** The slice of Argo CD's HTTP API that the sandbox serves. */
export { startArgoCdApi } from './server.ts';
export { sessionCookie } from './sessions.ts';
export type { ArgoCdApi, ArgoCdApiOptions, PageRequest, PageSource } from './server.ts';
export type { ExtensionBackend } from './proxy-extension.ts';
export type { LocalUser } from './sessions.ts';

/** The page that stands in for Argo CD's UI. */
export { createHostPage } from './page.ts';
export type { HostPageOptions, ReactVersion } from './page.ts';

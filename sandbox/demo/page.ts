/** The demo's page: Argo CD's API and a page that loads the tab as Argo CD does, both stand-ins. */
import path from 'node:path';
import { startArgoCdApi, type ArgoCdApi, type LocalUser } from '../argocd/index.ts';
import { createHostPage } from '../host-page/index.ts';
import { startDemoBackend } from './backend.ts';
import { DEFAULT_PORT } from './options.ts';
import type { World } from './world.ts';

export interface DemoPageOptions {
  /** Root of this repository. */
  root: string;
  port: number;
  /** Lines like those of Argo CD's `policy.csv`. */
  policy?: string;
  /** Default `admin` and `readonly`. */
  users?: LocalUser[];
}

/** Starts it on the port, or on the next free one if nobody asked for this one. */
export async function startDemoPage(world: World, options: DemoPageOptions): Promise<ArgoCdApi> {
  const { policy, users } = options;
  const backend = await startDemoBackend(world);
  const start = (port: number): Promise<ArgoCdApi> =>
    startArgoCdApi({
      argo: world.argocd,
      port,
      logs: world.controllers.podLogs,
      extensions: [backend.extension],
      extensionFiles: [path.join(options.root, 'dist/extension-stageline.js')],
      page: createHostPage({ distDir: path.join(options.root, 'dist/host') }),
      ...(policy === undefined ? {} : { policy }),
      ...(users === undefined ? {} : { users }),
    });
  try {
    const api = await startOrNextFree(start, options.port);
    return { ...api, close: () => api.close().then(backend.stop) };
  } catch (error) {
    await backend.stop();
    throw error;
  }
}

async function startOrNextFree(
  start: (port: number) => Promise<ArgoCdApi>,
  port: number,
): Promise<ArgoCdApi> {
  try {
    return await start(port);
  } catch (error) {
    if (port !== DEFAULT_PORT) throw error;
    return start(0);
  }
}

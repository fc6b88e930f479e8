/** The demo's page: Argo CD's API and a page that loads the tab as Argo CD does, both stand-ins. */
import path from 'node:path';
import { startArgoCdApi, type ArgoCdApi } from '../argocd/index.ts';
import { createHostPage } from '../host-page/index.ts';
import { DEFAULT_PORT } from './options.ts';
import type { World } from './world.ts';

/** Starts it on the port, or on the next free one if nobody asked for this one. */
export async function startDemoPage(
  world: World,
  options: { root: string; port: number },
): Promise<ArgoCdApi> {
  const start = (port: number): Promise<ArgoCdApi> =>
    startArgoCdApi({
      argo: world.argocd,
      port,
      logs: world.controllers.podLogs,
      extensionFiles: [path.join(options.root, 'dist/extension-stageline.js')],
      page: createHostPage({ distDir: path.join(options.root, 'dist/host') }),
    });
  try {
    return await start(options.port);
  } catch (error) {
    if (options.port !== DEFAULT_PORT) throw error;
    return start(0);
  }
}

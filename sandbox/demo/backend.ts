/** Stageline's real backend beside the demo's page, as an admin installs it behind Argo CD's proxy extension. */
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { startBackend } from '../../ui-extension/backend/backend.ts';
import { SECRET_HEADER } from '../../ui-extension/backend/caller.ts';
import { createLog } from '../../ui-extension/backend/log.ts';
import { parseSettings } from '../../ui-extension/backend/settings.ts';
import type { ExtensionBackend } from '../argocd/index.ts';
import type { World } from './world.ts';

export interface DemoBackend {
  /** What `extension.config` of Argo CD says of it. */
  extension: ExtensionBackend;
  stop(): Promise<void>;
}

/** Starts it on a free port; its trace store is what the demo's receiver got. It logs into the demo's folder. */
export async function startDemoBackend(world: Pick<World, 'directory' | 'receiver'>): Promise<DemoBackend> {
  const secret = randomBytes(24).toString('hex');
  const settings = parseSettings(
    {
      STAGELINE_BACKEND_SECRET: secret,
      STAGELINE_BACKEND_LISTEN: '127.0.0.1:0',
      STAGELINE_BACKEND_METRICS_LISTEN: '127.0.0.1:0',
      STAGELINE_BACKEND_JAEGER_URL: world.receiver.url,
      STAGELINE_BACKEND_SHUTDOWN_SECONDS: '0',
    },
    () => '',
  );
  const file = path.join(world.directory, 'backend.log');
  const log = createLog(settings.logLevel, { write: (line) => appendFileSync(file, line) });
  const backend = await startBackend(settings, { log, now: Date.now });
  return {
    extension: {
      name: 'stageline',
      url: `http://127.0.0.1:${backend.port}`,
      headers: { [SECRET_HEADER]: secret },
    },
    async stop() {
      await backend.stop();
    },
  };
}

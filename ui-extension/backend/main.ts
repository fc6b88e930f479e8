/** Entry of the backend: settings from the environment, log to stderr, until SIGTERM or SIGINT. */
import { readFileSync } from 'node:fs';
import pino from 'pino';
import { errorLine } from '../../core/errors.ts';
import { endProcess } from '../../runtime/end-process.ts';
import { startBackend } from './backend.ts';
import { createLog } from './log.ts';
import { parseSettings } from './settings.ts';

async function main(): Promise<void> {
  const settings = parseSettings(process.env, (path) => readFileSync(path, 'utf8'));
  const log = createLog(settings.logLevel, pino.destination({ dest: 2, sync: true }));
  const backend = await startBackend(settings, { log, now: Date.now });
  log.info(
    { port: backend.port, metricsPort: backend.metricsPort, source: settings.jaeger ? 'jaeger' : 'none' },
    'listening',
  );

  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    // Said once nothing new is taken, so that whoever waits for the line can rely on it.
    const stopped = backend.stop();
    log.info({ signal }, 'draining');
    const answered = await stopped;
    log.info({ answered }, 'stopped');
    endProcess(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void stop(signal));
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorLine(error)}\n`);
  endProcess(1);
});

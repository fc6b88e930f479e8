/** Entry of the hook runner's bundle: `node hooks.cjs run`, the command of every hook Job. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { endProcess } from '../runtime/end-process.ts';
import { createLogger, logLevelOf } from '../runtime/log.ts';
import { HookStopped } from './context.ts';
import { runHook } from './run-hook.ts';
import { secretValues } from './secret-values.ts';

const TERMINATION_LOG = '/dev/termination-log';
const USAGE = 'stageline: usage: node hooks.cjs run, with the environment that the plugin renders\n';

async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (args.length !== 1 || args[0] !== 'run') {
    process.stderr.write(USAGE);
    return 2;
  }
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => stop.abort(new HookStopped(signal)));
  const log = createLogger({
    write: (line) => process.stderr.write(line),
    now: Date.now,
    level: logLevelOf(env['STAGELINE_LOG_LEVEL']),
    secrets: secretValues(env),
  });
  const end = await runHook({ env, log, stop: stop.signal });
  process.stderr.write(`${end.line}\n`);
  writeTerminationLog(end.line);
  return end.exitCode;
}

/** The kubelet makes the file; where there is none, as on a laptop, none is made. */
function writeTerminationLog(line: string): void {
  try {
    const file = openSync(TERMINATION_LOG, 'r+');
    writeSync(file, line);
    closeSync(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOENT' && code !== 'EACCES')
      process.stderr.write(`stageline: no termination log: ${String(code)}\n`);
  }
}

// A process that ends with nothing left to wait for has no verdict, and must not look as if it had one.
process.exitCode = 1;
// Left-over connections and timers must not keep the pod alive.
void main(process.argv.slice(2), process.env).then(endProcess);

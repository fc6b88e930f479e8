/** `stageline trace replay`: sends a ledger's traces again, with the same ids. */
import { parseArgs } from 'node:util';
import { messageOf, StagelineError } from '../../core/errors.ts';
import { createLogger } from '../../runtime/log.ts';
import { replayTrace } from '../../runtime/telemetry/replay-trace.ts';
import type { Command, CommandIo } from '../command.ts';
import { ledgerAt, type LedgerPlace } from '../read-ledger.ts';

const HELP = `Usage: OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318 stageline trace replay --application NAME [options]

Makes the traces of an application's deliveries from its ledger and sends them by OTLP over HTTP/protobuf, with the
ids and times that the hooks sent, or would have sent. For a tracing backend that was down or is new.

  --application NAME   the Application; <namespace>/<name> outside Argo CD's own namespace
  --namespace NAME     destination namespace; default: the application's name
  --file FILE          a file with the ledger's JSON in place of the cluster
  --delivery ID        one delivery, by its id or trace id; default: all that are kept whole

The cluster is found as kubectl finds it. The OTEL_* variables are those of the OpenTelemetry specification.`;

export const traceReplayCommand: Command = {
  name: 'trace replay',
  summary: 'Send the traces of a ledger again, with the same ids',
  help: HELP,
  run: replay,
};

async function replay(args: string[], io: CommandIo): Promise<number> {
  const { delivery, ...place } = readArguments(args);
  const ledger = await ledgerAt(place, io);
  const log = createLogger({ write: (line) => io.stderr(`${line}\n`), now: Date.now, level: 'warn' });
  const result = await replayTrace(ledger, {
    env: io.env,
    log,
    ...(delivery === undefined ? {} : { delivery }),
  });
  if (result.status === 'exported') {
    io.stdout(`${result.spans} spans sent\n`);
    return 0;
  }
  io.stderr(
    `stageline: nothing was sent: ${result.status === 'failed' ? result.reason : 'no delivery has a finished span'}\n`,
  );
  return 1;
}

function readArguments(args: string[]): LedgerPlace & { delivery?: string } {
  try {
    const { values } = parseArgs({
      args,
      options: {
        application: { type: 'string' },
        namespace: { type: 'string' },
        file: { type: 'string' },
        delivery: { type: 'string' },
      },
    });
    return values;
  } catch (cause) {
    throw new StagelineError(messageOf(cause), {
      code: 'USAGE',
      hint: 'See stageline trace replay --help',
      cause,
    });
  }
}

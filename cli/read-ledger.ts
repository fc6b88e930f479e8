/** A ledger from a file or from the cluster, for commands. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf, StagelineError } from '../core/errors.ts';
import { readLedger } from '../core/ledger/read.ts';
import { LEDGER_KEY, type Ledger } from '../core/ledger/types.ts';
import { ledgerName } from '../core/names.ts';
import { connectKube } from '../runtime/kube/client.ts';
import type { CommandIo } from './command.ts';
import { withKubeconfig } from './kubeconfig.ts';

export interface LedgerPlace {
  /** A file with the ledger's JSON, or else an application in the cluster. */
  file?: string;
  application?: string;
  /** Destination namespace; default: the application's name. */
  namespace?: string;
}

/** Errors: `USAGE`, `LEDGER_MISSING`, `LEDGER_UNREADABLE` and those of the Kubernetes client. */
export async function ledgerAt(place: LedgerPlace, io: CommandIo): Promise<Ledger> {
  if (place.file !== undefined) return parsed(fileText(path.resolve(io.cwd, place.file)), place.file);
  if (place.application === undefined) {
    throw new StagelineError('no ledger is named', {
      code: 'USAGE',
      hint: 'Name --application NAME, or --file FILE',
    });
  }
  const namespace = place.namespace ?? place.application;
  const name = ledgerName(place.application.replace('/', '_'));
  const configMap = await connectKube(withKubeconfig(io.env)).find<{ data?: Record<string, string> }>({
    verb: 'get',
    group: '',
    resource: 'configmaps',
    namespace,
    name,
  });
  const text = configMap?.data?.[LEDGER_KEY];
  if (text === undefined) {
    throw new StagelineError(`there is no ledger ${name} in namespace ${namespace}`, {
      code: 'LEDGER_MISSING',
      hint: 'Check --application and --namespace; a ledger begins with the first sync through the plugin',
    });
  }
  return parsed(text, `${namespace}/${name}`);
}

function fileText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StagelineError(`cannot read ${file}: ${messageOf(cause)}`, {
      code: 'LEDGER_MISSING',
      hint: 'Name a file with a ledger',
      cause,
    });
  }
}

function parsed(text: string, where: string): Ledger {
  const reading = readLedger(text);
  if (reading.kind === 'ledger') return reading.ledger;
  const reason = reading.kind === 'newer' ? `it has version ${reading.version}` : reading.reason;
  throw new StagelineError(`the ledger ${where} cannot be read: ${reason}`, {
    code: 'LEDGER_UNREADABLE',
    hint:
      reading.kind === 'newer' ? 'Use the release that wrote it' : 'Restore it, or delete it to begin anew',
  });
}

/** Finding ledgers in the cluster by pipeline and stage, for commands. */
import { userInfo } from 'node:os';
import { StagelineError } from '../core/errors.ts';
import { openLedgers, type OpenLedger } from '../hooks/promotion/ledgers.ts';
import { secretValues } from '../hooks/secret-values.ts';
import type { ByHand } from '../hooks/promotion/by-hand.ts';
import type { KubeClient } from '../runtime/kube/client.ts';
import { delay } from '../runtime/kube/retry.ts';
import { createLogger, logLevelOf, type Logger } from '../runtime/log.ts';
import { connectAsPerson } from './as-person.ts';
import type { CommandIo } from './command.ts';
import { withKubeconfig } from './kubeconfig.ts';

export interface LedgerSearch {
  namespaces: readonly string[];
  pipeline?: string | undefined;
  stage?: string | undefined;
}

/** Ledgers in these namespaces, or in all of them. Errors: KubeError, `KUBE_CONFIG`. */
export async function searchLedgers(
  client: KubeClient,
  search: LedgerSearch,
  log: Logger,
): Promise<OpenLedger[]> {
  const places = search.namespaces.length === 0 ? [''] : search.namespaces;
  const found = await Promise.all(
    places.map((namespace) => openLedgers({ client, namespace, log, now: Date.now })),
  );
  return found
    .flat()
    .filter(
      ({ ledger }) =>
        (search.pipeline === undefined || ledger.pipeline === search.pipeline) &&
        (search.stage === undefined || ledger.stage === search.stage),
    );
}

/** The one ledger that a command works on. Errors: `LEDGER_MISSING`, `LEDGER_AMBIGUOUS`. */
export function onlyLedger(found: readonly OpenLedger[], search: LedgerSearch): OpenLedger {
  const [only] = found;
  if (only && found.length === 1) return only;
  const what = `stage "${search.stage ?? 'any'}" of pipeline "${search.pipeline ?? 'any'}"`;
  const names = found.map(
    ({ namespace, ledger }) => `${namespace}/${ledger.application} (${ledger.pipeline})`,
  );
  throw new StagelineError(
    only ? `${found.length} applications are ${what}` : `there is no ledger of ${what}`,
    {
      code: only ? 'LEDGER_AMBIGUOUS' : 'LEDGER_MISSING',
      hint: only
        ? `Name the --namespace of one: ${names.join(', ')}`
        : 'Check the names, --namespace and KUBECONFIG; a ledger begins with the first sync through the plugin',
    },
  );
}

/** Surroundings of an act of a person. */
export function handOf(io: CommandIo): ByHand {
  const { env, log } = surroundingsOf(io);
  return {
    env,
    log,
    now: Date.now,
    sleep: delay,
    random: Math.random,
    signal: AbortSignal.timeout(15 * 60_000),
    client: connectAsPerson(env),
    by: env['STAGELINE_USER'] || env['USER'] || userInfo().username,
  };
}

/** The environment with the cluster that kubectl would use, and a log without secrets. */
export function surroundingsOf(io: CommandIo): { env: NodeJS.ProcessEnv; log: Logger } {
  const env = withKubeconfig(io.env);
  const log = createLogger({
    write: (line) => io.stderr(line),
    now: Date.now,
    level: logLevelOf(env['STAGELINE_LOG_LEVEL'] ?? 'warn'),
    secrets: secretValues(env),
  });
  return { env, log };
}

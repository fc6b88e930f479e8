/** `stageline approve`: lets a pending promotion go, or turns it down. */
import { parseArgs } from 'node:util';
import { messageOf, StagelineError } from '../../core/errors.ts';
import { decide } from '../../hooks/promotion/by-hand.ts';
import type { OpenLedger } from '../../hooks/promotion/ledgers.ts';
import type { DeliveryRecord } from '../../core/ledger/types.ts';
import { asPerson } from '../as-person.ts';
import type { Command, CommandIo } from '../command.ts';
import { handOf, searchLedgers } from '../ledger-search.ts';

const HELP = `Usage: stageline approve --to STAGE [options]

Lets the promotion into a stage go that waits for approval (or soaks, or waits for its window), as the action "resume" of
its Job does in Argo CD. Needs the right to update Jobs and ConfigMaps in the namespace of the stage before.

  --pipeline NAME    where several pipelines have such a stage
  --freight ID       where several wait, by the first digits of its id
  --namespace NAME   where the ledgers are, repeatable; default: all namespaces
  --reject           turn it down in place of approving it`;

export const approveCommand: Command = {
  name: 'approve',
  summary: 'Approve a promotion that waits, or turn it down',
  help: HELP,
  run,
};

interface Options {
  to?: string;
  pipeline?: string;
  freight?: string;
  namespace?: string[];
  reject?: boolean;
}

async function run(args: string[], io: CommandIo): Promise<number> {
  const { to, pipeline, freight, namespace = [], reject = false } = readArguments(args);
  if (to === undefined)
    throw new StagelineError('name the stage with --to', {
      code: 'USAGE',
      hint: 'See stageline approve --help',
    });
  const hand = handOf(io);
  const told = await asPerson(async () => {
    const ledgers = await searchLedgers(hand.client, { namespaces: namespace, pipeline }, hand.log);
    const { open, delivery } = onlyWaiting(ledgers, { to, freight });
    return decide(hand, open, { delivery, target: to, approve: !reject });
  });
  io.stdout(`${told}\n`);
  return 0;
}

function readArguments(args: string[]): Options {
  try {
    return parseArgs({
      args,
      options: {
        to: { type: 'string' },
        pipeline: { type: 'string' },
        freight: { type: 'string' },
        namespace: { type: 'string', multiple: true },
        reject: { type: 'boolean' },
      },
    }).values;
  } catch (cause) {
    throw new StagelineError(messageOf(cause), {
      code: 'USAGE',
      hint: 'See stageline approve --help',
      cause,
    });
  }
}

function onlyWaiting(
  ledgers: readonly OpenLedger[],
  wanted: { to: string; freight: string | undefined },
): { open: OpenLedger; delivery: DeliveryRecord } {
  const found = ledgers.flatMap((open) =>
    open.ledger.deliveries
      .filter(({ freight, promotions }) => {
        const promotion = promotions.find(({ target }) => target === wanted.to);
        const waits = promotion?.status === 'waiting' && promotion.pending !== undefined;
        return waits && (wanted.freight === undefined || freight.id.startsWith(wanted.freight));
      })
      .map((delivery) => ({ open, delivery })),
  );
  const [only] = found;
  if (only && found.length === 1) return only;
  const names = found.map(({ open, delivery }) => `${open.ledger.pipeline} ${delivery.freight.id}`);
  throw new StagelineError(
    only
      ? `${found.length} promotions into stage ${wanted.to} wait`
      : `no promotion into stage ${wanted.to} waits to be decided`,
    {
      code: only ? 'PENDING_AMBIGUOUS' : 'PENDING_GONE',
      hint: only
        ? `Name --pipeline or --freight: ${names.join(', ')}`
        : 'See "stageline status"; a pull request is approved by merging it',
    },
  );
}

/** `stageline status`: what every stage has, and what waits. */
import { parseArgs } from 'node:util';
import { messageOf, StagelineError } from '../../core/errors.ts';
import type { DeliveryRecord, Ledger, PromotionRecord } from '../../core/ledger/types.ts';
import { versionsText } from '../../core/promotion/fill-in.ts';
import { asPerson } from '../as-person.ts';
import type { Command, CommandIo } from '../command.ts';
import { handOf, searchLedgers, type LedgerSearch } from '../ledger-search.ts';

const HELP = `Usage: stageline status [options]

Prints the newest delivery of every stage, the versions that can be promoted by hand, and the promotions that wait.

  --pipeline NAME    only this pipeline
  --namespace NAME   where the ledgers are, repeatable; default: all namespaces
  --json             the same as JSON`;

export const statusCommand: Command = {
  name: 'status',
  summary: 'Show what every stage has verified, and what waits',
  help: HELP,
  run,
};

interface StageStatus {
  pipeline: string;
  stage: string;
  namespace: string;
  application: string;
  delivery: {
    id: string;
    freight: string;
    versions: string;
    commit: string;
    status: string;
    at: string;
  } | null;
  /** Newest first. */
  verified: { freight: string; versions: string; at: string }[];
  promotions: {
    freight: string;
    target: string;
    status: string;
    message: string;
    url?: string;
    decidedBy?: string;
    /** Of a pending promotion: its Job, and the times that it is bound to. */
    job?: string;
    notBefore?: string;
    expiresAt?: string;
  }[];
  rollback: { status: string; message: string; freight: string } | null;
}

async function run(args: string[], io: CommandIo): Promise<number> {
  const { pipeline, namespace = [], json = false } = readArguments(args);
  const hand = handOf(io);
  const search = { namespaces: namespace, pipeline };
  const found = await asPerson(() => searchLedgers(hand.client, search, hand.log));
  const stages = found
    .map(({ namespace: home, ledger }) => statusOf(home, ledger))
    .toSorted((a, b) => (`${a.pipeline}/${a.stage}` < `${b.pipeline}/${b.stage}` ? -1 : 1));
  if (json) io.stdout(`${JSON.stringify(stages, null, 2)}\n`);
  else io.stdout(stages.length === 0 ? nothing(search) : stages.map(textOf).join('\n'));
  return 0;
}

function nothing({ namespaces, pipeline }: LedgerSearch): string {
  const whose = pipeline === undefined ? '' : ` of pipeline ${pipeline}`;
  const where = namespaces.length === 0 ? 'any namespace' : `namespace ${namespaces.join(', ')}`;
  return `there is no ledger${whose} in ${where} yet; it begins with the first sync through the plugin\n`;
}

function readArguments(args: string[]): { pipeline?: string; namespace?: string[]; json?: boolean } {
  try {
    return parseArgs({
      args,
      options: {
        pipeline: { type: 'string' },
        namespace: { type: 'string', multiple: true },
        json: { type: 'boolean' },
      },
    }).values;
  } catch (cause) {
    throw new StagelineError(messageOf(cause), { code: 'USAGE', hint: 'See stageline status --help', cause });
  }
}

function statusOf(namespace: string, ledger: Ledger): StageStatus {
  const [newest] = ledger.deliveries;
  const verified = ledger.deliveries.filter(({ status }) => status === 'succeeded');
  const told = ledger.deliveries.flatMap((delivery) =>
    delivery.promotions
      .filter(({ status }) => delivery === newest || status === 'waiting' || status === 'intended')
      .map((promotion) => promotionOf(delivery, promotion)),
  );
  const { rollback } = newest ?? {};
  return {
    pipeline: ledger.pipeline,
    stage: ledger.stage,
    namespace,
    application: ledger.application,
    delivery: newest
      ? {
          id: newest.id,
          freight: newest.freight.id,
          versions: versionsText(newest.freight),
          commit: newest.commit.id,
          status: newest.status,
          at: newest.closedAt ?? newest.openedAt,
        }
      : null,
    verified: verified.map(({ freight, closedAt, openedAt }) => ({
      freight: freight.id,
      versions: versionsText(freight),
      at: closedAt ?? openedAt,
    })),
    promotions: told,
    rollback: rollback
      ? { status: rollback.status, message: rollback.message ?? '', freight: rollback.freight }
      : null,
  };
}

function promotionOf(
  delivery: DeliveryRecord,
  promotion: PromotionRecord,
): StageStatus['promotions'][number] {
  const { target, status, message = '', url, decidedBy, pending } = promotion;
  const { job, notBefore, expiresAt } = (status === 'waiting' && pending) || {};
  return {
    freight: delivery.freight.id,
    target,
    status,
    message,
    ...(url === undefined ? {} : { url }),
    ...(decidedBy === undefined ? {} : { decidedBy }),
    ...(job === undefined ? {} : { job }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function textOf(status: StageStatus): string {
  const { delivery, promotions, rollback } = status;
  const head = `${status.pipeline} / ${status.stage}   (${status.namespace}/${status.application})`;
  const lines = [
    delivery
      ? `  ${delivery.status.padEnd(10)} ${delivery.freight}  ${delivery.versions}  ${delivery.commit.slice(0, 12)}  ${delivery.at}`
      : '  nothing was delivered yet',
    ...status.verified
      .filter(({ freight }) => freight !== delivery?.freight)
      .slice(0, 5)
      .map(({ freight, versions, at }) => `  verified   ${freight}  ${versions}  ${at}`),
    ...promotions.flatMap(promotionLines),
    ...(rollback ? [`  rollback to ${rollback.freight}: ${rollback.status}  ${rollback.message}`] : []),
  ];
  return `${[head, ...lines].join('\n')}\n`;
}

function promotionLines(promotion: StageStatus['promotions'][number]): string[] {
  const { target, status, freight, message, url, decidedBy, job, notBefore, expiresAt } = promotion;
  const told = [
    message.startsWith(`${target}: `) ? message.slice(target.length + 2) : message,
    url,
    decidedBy && `by ${decidedBy}`,
    notBefore && `not before ${notBefore}`,
    expiresAt && `until ${expiresAt}`,
  ];
  const line = `  -> ${target}: ${status} ${freight}  ${told.filter(Boolean).join('  ')}`;
  return job === undefined ? [line] : [line, `     Job ${job}: stageline approve --to ${target} [--reject]`];
}

/** Tells on a terminal what the ledgers and Argo CD say, as it happens. */
import type { Ledger } from '../../core/ledger/types.ts';
import { formatDuration } from '../../core/duration.ts';
import type { Application } from '../argocd/index.ts';

const MARK: Record<string, string> = {
  passed: '✓',
  succeeded: '✓',
  warning: '!',
  failed: '✗',
  errored: '✗',
  abandoned: '–',
  done: '✓',
  unchanged: '=',
  waiting: '…',
};

/** Prints each thing once: a delivery that opens, a check that ends, a promotion, a verdict. */
export function createProgress(print: (line: string) => void): (ledger: Ledger) => void {
  const told = new Set<string>();
  const once = (key: string, line: () => string): void => {
    if (told.has(key)) return;
    told.add(key);
    print(line());
  };
  return (ledger) => {
    const stage = ledger.stage.padEnd(5);
    for (const delivery of ledger.deliveries.toReversed()) {
      const versions = delivery.freight.items.map((item) => `${item.key} ${item.value}`).join(', ');
      once(delivery.id, () => `${stage} delivering ${delivery.commit.id.slice(0, 7)} (${versions})`);
      for (const attempt of delivery.attempts) {
        for (const phase of attempt.phases) {
          for (const check of phase.checks) {
            if (check.finishedAt === undefined || check.carried) continue;
            const took = formatDuration(Date.parse(check.finishedAt) - Date.parse(check.startedAt));
            once(
              [delivery.id, attempt.operation, attempt.run, check.name, check.tries, check.status].join('/'),
              () =>
                `${stage}   ${MARK[check.status] ?? '?'} ${check.name}, ${phase.name}, ${took}: ${check.message ?? check.status}`,
            );
          }
        }
      }
      for (const promotion of delivery.promotions) {
        if (promotion.finishedAt === undefined) continue;
        const commit = promotion.commit === undefined ? '' : ` by commit ${promotion.commit.slice(0, 7)}`;
        once(`${delivery.id}/${promotion.target}/${promotion.status}`, () =>
          promotion.status === 'unchanged'
            ? `${stage}   = ${promotion.target} already has this freight`
            : `${stage}   ${MARK[promotion.status] ?? '?'} promotion to ${promotion.target} ${promotion.status}${commit}`,
        );
      }
      if (delivery.status !== 'running') {
        once(
          `${delivery.id}/${delivery.status}`,
          () =>
            `${stage} ${MARK[delivery.status]} ${delivery.status}: trace ${delivery.traceId}${delivery.message === undefined ? '' : `; ${delivery.message}`}`,
        );
      }
    }
  };
}

/** Prints why Argo CD cannot render or sync an application: once, and again when it comes back after it was gone. */
export function createConditionProgress(
  print: (line: string) => void,
): (applications: readonly Pick<Application, 'metadata' | 'status'>[]) => void {
  const told = new Map<string, string>();
  return (applications) => {
    for (const { metadata, status } of applications) {
      const problem = status?.conditions?.find(
        ({ type }) => type === 'ComparisonError' || type === 'SyncError',
      )?.message;
      if (problem === told.get(metadata.name)) continue;
      if (problem === undefined) told.delete(metadata.name);
      else {
        told.set(metadata.name, problem);
        // The plugin's own line stands at the end of what Argo CD says around it.
        print(`${metadata.name} ✗ Argo CD says: ${/stageline: .*/s.exec(problem)?.[0] ?? problem}`);
      }
    }
  };
}

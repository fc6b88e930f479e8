/** The message of a promotion's commit: what moved, where it came from, and trailers for programs. */
import type { FreightChange } from '../../core/freight.ts';
import { shortValue } from '../../core/promotion/fill-in.ts';
import { scrubUrls } from '../../runtime/git.ts';
import type { PromotionOrder } from './order.ts';

const SUBJECT_LIMIT = 72;

/**
 * Argo CD reads `Argocd-reference-commit-*` from the last block of trailers and shows the commit that a change
 * came from: here the one that began the chain.
 */
export function promotionMessage(order: PromotionOrder, changes: readonly FreightChange[]): string {
  const { plan, planned, intent } = order;
  return [
    subjectLine(order, changes),
    '',
    ...changes.map(
      (change) => `- ${change.key || change.file}: ${change.from ?? 'none'} -> ${change.to ?? 'none'}`,
    ),
    ...(changes.length === 0 ? [] : ['']),
    ...reason(order),
    ...(intent.decidedBy === undefined ? [] : [`Let go by ${oneLine(intent.decidedBy)}.`]),
    '',
    `Stageline-pipeline: ${plan.pipeline}`,
    `Stageline-stage: ${planned.target}`,
    `Stageline-freight: ${plan.freight.id}`,
    `Stageline-traceparent: ${intent.traceparent}`,
    ...referenceTrailers(order),
    '',
  ].join('\n');
}

function reason({ plan, planned, delivery, takesBack }: PromotionOrder): string[] {
  if (takesBack) {
    return [
      `Freight ${takesBack.freight.id} failed in stage ${planned.target} (application ${plan.application}),`,
      `delivery ${delivery.id}, trace ${delivery.traceId}:`,
      oneLine(takesBack.reason),
    ];
  }
  const subject = plan.commit.subject === undefined ? '' : ` "${oneLine(plan.commit.subject)}"`;
  return [
    `Verified in stage ${plan.stage} (application ${plan.application}),`,
    `delivery ${delivery.id} of commit ${plan.commit.id.slice(0, 12)}${subject}.`,
  ];
}

function subjectLine(
  { plan, planned, takesBack }: PromotionOrder,
  changes: readonly FreightChange[],
): string {
  const what = changes.map(({ key, file, to }) => `${key || file} ${shortValue(to ?? '')}`.trim()).join(', ');
  const line = oneLine(
    takesBack
      ? `Roll ${planned.target} of ${plan.pipeline} back: ${what}`
      : `Promote ${plan.pipeline} to ${planned.target}: ${what}`,
  );
  return line.length <= SUBJECT_LIMIT ? line : `${line.slice(0, SUBJECT_LIMIT - 1)}…`;
}

function referenceTrailers({ plan }: PromotionOrder): string[] {
  const origin = plan.ancestry[0] ?? plan.commit;
  const sha = 'commit' in origin ? origin.commit : origin.id;
  if (!/^[0-9a-f]{5,40}$/.test(sha)) return [];
  const fields: [string, string | undefined][] = [
    ['repourl', scrubUrls(plan.source.repoURL)],
    ['author', origin.author],
    ['date', origin.committedAt],
    ['subject', origin.subject],
    ['sha', sha],
  ];
  return fields.flatMap(([name, value]) =>
    value === undefined ? [] : [`Argocd-reference-commit-${name}: ${oneLine(value)}`],
  );
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').trim();
}

/** The message of a promotion's commit: what moved, where it came from, and trailers for programs. */
import type { FreightChange } from '../../core/freight.ts';
import type { DeliveryRecord, PromotionRecord } from '../../core/ledger/types.ts';
import type { Plan, PlannedPromotion } from '../../core/plan.ts';
import { scrubUrls } from '../../runtime/git.ts';

const SUBJECT_LIMIT = 72;

/**
 * Argo CD reads `Argocd-reference-commit-*` from the last block of trailers and shows the commit that a change
 * came from: here the one that began the chain.
 */
export function promotionMessage(
  plan: Plan,
  planned: PlannedPromotion,
  known: { delivery: DeliveryRecord; intent: PromotionRecord; changes: readonly FreightChange[] },
): string {
  const { delivery, intent, changes } = known;
  const subject = plan.commit.subject === undefined ? '' : ` "${oneLine(plan.commit.subject)}"`;
  return [
    subjectLine(plan, planned, changes),
    '',
    ...changes.map(
      (change) => `- ${change.key || change.file}: ${change.from ?? 'none'} -> ${change.to ?? 'none'}`,
    ),
    '',
    `Verified in stage ${plan.stage} (application ${plan.application}),`,
    `delivery ${delivery.id} of commit ${plan.commit.id.slice(0, 12)}${subject}.`,
    '',
    `Stageline-pipeline: ${plan.pipeline}`,
    `Stageline-stage: ${planned.target}`,
    `Stageline-freight: ${plan.freight.id}`,
    `Stageline-traceparent: ${intent.traceparent}`,
    ...referenceTrailers(plan, planned),
    '',
  ].join('\n');
}

function subjectLine(plan: Plan, planned: PlannedPromotion, changes: readonly FreightChange[]): string {
  const what = changes.map((change) => `${change.key || change.file} ${change.to ?? ''}`.trim()).join(', ');
  const line = oneLine(`Promote ${plan.pipeline} to ${planned.target}: ${what}`);
  return line.length <= SUBJECT_LIMIT ? line : `${line.slice(0, SUBJECT_LIMIT - 1)}…`;
}

function referenceTrailers(plan: Plan, planned: PlannedPromotion): string[] {
  const origin = plan.ancestry[0] ?? plan.commit;
  const sha = 'commit' in origin ? origin.commit : origin.id;
  if (!/^[0-9a-f]{5,40}$/.test(sha)) return [];
  const fields: [string, string | undefined][] = [
    ['repourl', scrubUrls(planned.repoURL)],
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

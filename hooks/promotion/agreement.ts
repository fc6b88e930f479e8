/**
 * Verification published in Git, for stages that have to agree: a ref for every application and freight under
 * `refs/stageline/`, on a commit without files whose message is the application's entry of the chain.
 */
import type { AncestryEntry } from '../../core/ancestry.ts';
import type { PlannedAgreement } from '../../core/plan.ts';
import type { PromotionOrder, PromotionTools } from './order.ts';
import { entryOf } from './promotion-file.ts';
import type { Repository } from './repository.ts';
import { withRepository } from './with-repository.ts';

export interface Agreement {
  /** Applications that have verified the freight, this one excepted. */
  others: AncestryEntry[];
  /** `stage (application)` of those that have not. */
  missing: string[];
}

/**
 * Publishes that this application has verified the freight, then reads who else has. Whoever publishes last finds all
 * the others; two at once both find each other, and the second one's promotion finds the first one's.
 */
export function agree(
  tools: PromotionTools,
  order: PromotionOrder,
  agreement: PlannedAgreement,
): Promise<Agreement> {
  return withRepository(tools, order.planned, async (repository) => {
    await publish(repository, order);
    return readAgreement(repository, order, agreement);
  });
}

async function publish(repository: Repository, order: PromotionOrder): Promise<void> {
  const { plan, intent } = order;
  const ref = verificationRef(plan.pipeline, { ...plan, freight: plan.freight.id });
  const commit = await repository.note(`${JSON.stringify(entryOf(order))}\n`, intent.startedAt);
  // One that is there already says the same, or that an earlier delivery has verified this freight: both count.
  await repository.push(commit, ref, { kind: 'replace', expected: undefined });
}

async function readAgreement(
  repository: Repository,
  order: PromotionOrder,
  agreement: PlannedAgreement,
): Promise<Agreement> {
  const { plan } = order;
  const notes = await repository.readNotes(`refs/stageline/${plan.pipeline}/*/${plan.freight.id}`);
  const others: AncestryEntry[] = [];
  const missing: string[] = [];
  for (const { stage, applications } of agreement.of) {
    for (const application of applications) {
      if (stage === plan.stage && application === plan.application) continue;
      const text = notes.get(
        verificationRef(plan.pipeline, { stage, application, freight: plan.freight.id }),
      );
      const entry = text === undefined ? undefined : readEntry(text);
      if (entry) others.push(entry);
      else missing.push(stage === application ? stage : `${stage} (${application})`);
    }
  }
  return { others, missing };
}

/** Such as `refs/stageline/shop/qa/shop-qa/0123456789ab`. A dot may not end a part of a ref, so none is kept. */
export function verificationRef(
  pipeline: string,
  verified: { stage: string; application: string; freight: string },
): string {
  const application = verified.application.replaceAll('.', '%2E');
  return `refs/stageline/${pipeline}/${verified.stage}/${application}/${verified.freight}`;
}

/** Anyone who may push may have written it: what is no entry does not count. */
function readEntry(text: string): AncestryEntry | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    // Not written by a promotion.
    return undefined;
  }
  if (typeof raw !== 'object' || raw === null) return undefined;
  const entry = raw as Partial<AncestryEntry>;
  const texts = [
    entry.stage,
    entry.application,
    entry.commit,
    entry.freight,
    entry.traceparent,
    entry.openedAt,
    entry.promotedAt,
  ];
  if (!texts.every((value) => typeof value === 'string') || entry.verdict !== 'succeeded') return undefined;
  return entry as AncestryEntry;
}

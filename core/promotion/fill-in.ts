/** Texts of the pipeline file with places in braces: titles of pull requests, inputs of workflows. */
import { StagelineError } from '../errors.ts';
import type { Freight } from '../freight.ts';
import type { Plan } from '../plan.ts';

/** Places that a title may have; an input may have `promotionFile` too, and both `version:<key>`. */
export const PLACES = [
  'pipeline',
  'stage',
  'target',
  'freight',
  'commit',
  'head',
  'versions',
  'items',
] as const;

/** A place in a text. */
export const PLACE = /\{([^{}]+)\}/g;

export interface FillIn {
  plan: Pick<Plan, 'pipeline' | 'stage' | 'commit' | 'head' | 'freight'>;
  target: string;
  /** Text of the promotion file, for those who write it themselves. */
  promotionFile?: string;
}

/** `frontend.tag v2, backend.tag v5` */
export function versionsText(freight: Freight): string {
  return freight.items.map((item) => `${item.key || item.file} ${shortValue(item.value)}`).join(', ');
}

/** Digests and hashes are told apart by their first digits. */
export function shortValue(value: string): string {
  const digest = /^(sha256:)?([0-9a-f]{64})$/.exec(value);
  return digest ? `${digest[1] ?? ''}${digest[2]?.slice(0, 12) ?? ''}` : value;
}

/** The text with its places filled in. `setting` names it in errors: `PROMOTION_TEMPLATE`. */
export function fillIn(text: string, facts: FillIn, setting: string): string {
  const { plan, target, promotionFile } = facts;
  const values: Partial<Record<string, string>> & Record<(typeof PLACES)[number], string> = {
    pipeline: plan.pipeline,
    stage: plan.stage,
    target,
    freight: plan.freight.id,
    commit: plan.commit.id,
    head: plan.head,
    versions: versionsText(plan.freight),
    items: JSON.stringify(plan.freight.items),
    ...(promotionFile === undefined ? {} : { promotionFile }),
  };
  return text.replaceAll(PLACE, (_place, name: string) => {
    const key = /^version:(.+)$/.exec(name)?.[1];
    const value =
      key === undefined
        ? values[name]
        : plan.freight.items.find((item) => (item.key || item.file) === key)?.value;
    if (value !== undefined) return value;
    throw new StagelineError(`${setting} has {${name}}, which nothing fills in`, {
      code: 'PROMOTION_TEMPLATE',
      hint: `Use one of ${Object.keys(values)
        .map((known) => `{${known}}`)
        .join(', ')}, or {version:<key>} with a key that moves`,
    });
  });
}

/**
 * Criteria of scored analysis, in the words of Keptn's SLO files: `<600`, `<=+10%`, `>-5`, `=0`. A sign or a percent
 * sign makes a criterion relative to what earlier deliveries had.
 */

export type CriterionOperator = '<' | '<=' | '=' | '>=' | '>';

export interface Criterion {
  operator: CriterionOperator;
  /** `absolute`: the value itself; `change`: earlier value plus `amount`; `percent`: earlier value plus `amount` %. */
  kind: 'absolute' | 'change' | 'percent';
  /** With its sign. */
  amount: number;
  text: string;
}

/** The criterion, or undefined if the text is none. Spaces do not count; `%` without a sign is an increase. */
export function parseCriterion(text: string): Criterion | undefined {
  const match = /^(<=|>=|<|>|=)([+-]?)(\d+(?:\.\d*)?|\.\d+)(%?)$/.exec(text.replace(/\s+/g, ''));
  if (!match) return undefined;
  const [, operator = '', sign = '', digits = '', percent = ''] = match;
  const amount = Number(digits) * (sign === '-' ? -1 : 1);
  if (!Number.isFinite(amount)) return undefined;
  const known = OPERATORS.find((candidate) => candidate === operator);
  if (!known) return undefined;
  const kind = percent === '%' ? 'percent' : sign === '' ? 'absolute' : 'change';
  return { operator: known, kind, amount, text: text.trim() };
}

/** The limit that a criterion sets, given what earlier deliveries had; undefined if it is relative to nothing. */
export function limitOf(criterion: Criterion, earlier: number | undefined): number | undefined {
  if (criterion.kind === 'absolute') return criterion.amount;
  if (earlier === undefined) return undefined;
  // In this order a round percentage of a round value stays round.
  if (criterion.kind === 'percent') return (earlier * (100 + criterion.amount)) / 100;
  return earlier + criterion.amount;
}

/** Whether a value is on the right side of a limit. NaN and infinite values never are. */
export function meetsLimit(value: number, operator: CriterionOperator, limit: number): boolean {
  return Number.isFinite(value) && COMPARE[operator](value, limit);
}

const OPERATORS: readonly CriterionOperator[] = ['<', '<=', '=', '>=', '>'];

const COMPARE: Record<CriterionOperator, (value: number, limit: number) => boolean> = {
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '=': (value, limit) => value === limit,
  '>=': (value, limit) => value >= limit,
  '>': (value, limit) => value > limit,
};

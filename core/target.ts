/**
 * Targets of evaluations: an operator and a number with an optional unit, such as `<0.25`, `>= 99%` or
 * `< 250ms`. Units are turned into the base unit (seconds, ratio), since figures and metrics are in those.
 */

export type TargetOperator = '<' | '<=' | '>' | '>=' | '==' | '!=';

export interface Target {
  operator: TargetOperator;
  /** In the base unit: seconds for times, a ratio for percentages, else as written. */
  value: number;
}

const UNITS: Record<string, number> = { '': 1, '%': 0.01, us: 1e-6, ms: 1e-3, s: 1, m: 60 };

/** The target, or undefined if the text is none. Infinite and NaN are not targets. */
export function parseTarget(text: string): Target | undefined {
  const match =
    /^\s*(<=|>=|==|!=|<|>)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(%|us|ms|s|m|)\s*$/.exec(text);
  if (!match) return undefined;
  const value = Number(match[2]);
  const unit = match[3] ?? '';
  // Dividing by the whole number keeps 250ms at 0.25 exactly, which multiplying by 1e-3 need not do.
  const scale = UNITS[unit] ?? 1;
  const scaled = scale < 1 ? value / Math.round(1 / scale) : value * scale;
  return Number.isFinite(scaled) ? { operator: match[1] as TargetOperator, value: scaled } : undefined;
}

/** Whether a value meets a target. NaN and infinite values never do, `!=` included. */
export function meetsTarget(value: number, target: Target): boolean {
  if (!Number.isFinite(value)) return false;
  return COMPARE[target.operator](value, target.value);
}

const COMPARE: Record<TargetOperator, (value: number, limit: number) => boolean> = {
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
  '==': (value, limit) => value === limit,
  '!=': (value, limit) => value !== limit,
};

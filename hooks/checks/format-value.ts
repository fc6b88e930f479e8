/** Figures in messages. */

/** Six significant digits: enough to compare with a target, short enough to read. */
export function formatValue(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value);
}

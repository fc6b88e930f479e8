/** Metric evaluation: one figure, of a Prometheus query or of an earlier load test, held against a target. */
import { StagelineError } from '../../core/errors.ts';
import type { DeliveryRecord } from '../../core/ledger/types.ts';
import type { CheckOutcome } from '../../core/outcome.ts';
import { meetsTarget, parseTarget, type Target } from '../../core/target.ts';
import { queryPrometheus } from './prometheus.ts';
import type { CheckContext, SpecOf } from './types.ts';

/** A figure that is there and finite passes or fails; any other is `errored` and never passes. */
export async function runMetric(spec: SpecOf<'metric'>, context: CheckContext): Promise<CheckOutcome> {
  const target = parseTarget(spec.target);
  if (!target) {
    throw new StagelineError(`target "${spec.target}" of check "${context.check.name}" is none`, {
      code: 'TARGET_INVALID',
      hint: 'Write an operator and a number, such as "<0.25"',
    });
  }
  if ('load' in spec) {
    const value = loadFigure(context.delivery, spec);
    return judge(`${spec.figure} of load test "${spec.load}"`, { value, target, text: spec.target });
  }
  const sample = await queryPrometheus(spec, context);
  const at = new Date(sample.time * 1000).toISOString();
  return judge(`query ${spec.query} at ${at}`, { value: sample.value, target, text: spec.target });
}

function judge(what: string, figure: { value: number; target: Target; text: string }): CheckOutcome {
  const { value, target, text } = figure;
  const passed = meetsTarget(value, target);
  const message = `${what} is ${formatValue(value)}, ${passed ? 'within' : 'outside'} target ${text}`;
  return { status: passed ? 'passed' : 'failed', message, value, target: text };
}

/** The newest record of the load test in this delivery that has the figure. */
function loadFigure(delivery: DeliveryRecord, spec: { load: string; figure: string }): number {
  const records = delivery.attempts
    .flatMap((attempt) => attempt.phases)
    .flatMap((phase) => phase.checks)
    .filter((check) => check.name === spec.load && check.figures !== undefined);
  const value = records.at(-1)?.figures?.[spec.figure];
  if (value === undefined || !Number.isFinite(value)) {
    throw new StagelineError(`load test "${spec.load}" left no figure "${spec.figure}" in this delivery`, {
      code: 'FIGURE_MISSING',
      hint: 'Run the load test in an earlier step of the same stage',
    });
  }
  return value;
}

/** Six significant digits: enough to compare with a target, short enough to read. */
export function formatValue(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value);
}

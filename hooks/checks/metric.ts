/** Metric evaluation: one figure, of a metrics server or of an earlier load test, held against a target. */
import { StagelineError } from '../../core/errors.ts';
import type { CheckOutcome } from '../../core/outcome.ts';
import { meetsTarget, parseTarget, type Target } from '../../core/target.ts';
import { formatValue } from './format-value.ts';
import { loadFigure } from './load-figure.ts';
import { deployedAt, freshSample } from './fresh-sample.ts';
import type { Sample } from '../metrics/types.ts';
import { isTimedOut, type CheckContext, type SpecOf } from './types.ts';

/**
 * A finite figure passes or fails, an infinite one fails; one that is missing, stale, ambiguous or NaN is
 * `errored`, since it says nothing about the version. None of those ever passes.
 */
export async function runMetric(spec: SpecOf<'metric'>, context: CheckContext): Promise<CheckOutcome> {
  const target = parseTarget(spec.target);
  if (!target) {
    throw new StagelineError(`target "${spec.target}" of check "${context.check.name}" is none`, {
      code: 'TARGET_INVALID',
      hint: 'Write an operator and a number, such as "<0.25"',
    });
  }
  if ('load' in spec) {
    const { value, at } = loadFigure(context, spec);
    const what = `${spec.figure} of load test "${spec.load}" (ended ${at ?? 'at an unknown time'})`;
    return judge(what, { value, target, text: spec.target });
  }
  let sample: Sample;
  try {
    sample = await freshSample(spec, context, deployedAt(context));
  } catch (error) {
    if (context.signal.aborted && !isTimedOut(context.signal)) throw error;
    if (!(error instanceof StagelineError)) throw error;
    return { status: 'errored', error, target: spec.target };
  }
  const at = sample.time === undefined ? 'at an unknown time' : new Date(sample.time * 1000).toISOString();
  return judge(`query ${spec.query} (sampled ${at})`, { value: sample.value, target, text: spec.target });
}

function judge(what: string, figure: { value: number; target: Target; text: string }): CheckOutcome {
  const { value, target, text } = figure;
  const passed = meetsTarget(value, target);
  const message = `${what} is ${formatValue(value)}, ${passed ? 'within' : 'outside'} target ${text}`;
  return { status: passed ? 'passed' : 'failed', message, value, target: text };
}

/** Dispatches a check to its kind. A new kind is one file and one line here. */
import type { CheckOutcome } from '../../core/outcome.ts';
import { runAnalysis } from './analysis.ts';
import { runHttp } from './http.ts';
import { runLoad } from './load.ts';
import { runMetric } from './metric.ts';
import { runTask } from './task.ts';
import { runWaitFor } from './wait-for.ts';
import type { CheckContext } from './types.ts';

/** Runs one try of a check. What it throws makes the check `errored`. */
export function runCheck(context: CheckContext): Promise<CheckOutcome> {
  const { spec } = context.check;
  switch (spec.kind) {
    case 'task':
      return runTask(spec, context);
    case 'http':
      return runHttp(spec, context);
    case 'metric':
      return runMetric(spec, context);
    case 'load':
      return runLoad(spec, context);
    case 'wait-for':
      return runWaitFor(spec, context);
    case 'analysis':
      return runAnalysis(spec, context);
  }
}

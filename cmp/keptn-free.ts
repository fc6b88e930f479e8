/** What a render without Keptn's resources needs to know of Keptn: nearly nothing, and no parser. */
import type { CompiledKeptn } from '../core/dialects/keptn/index.ts';
import { StagelineError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import type { Parameters } from './parameters.ts';

export interface KeptnDelivery {
  /** Undefined if the render is not delivered by Keptn's rules. */
  compiled: CompiledKeptn | undefined;
  /** Documents that are left out of the output, in order. */
  leftOut: Span[];
  /** Makes one plan of the pipeline file's and Keptn's; absent where Keptn has none to add. */
  merge?: (native: Plan | undefined) => Plan | undefined;
}

/** Offsets in the render. */
export interface Span {
  start: number;
  end: number;
}

/** Of a render that Keptn has no part in. */
export const NO_KEPTN: KeptnDelivery = { compiled: undefined, leftOut: [] };

/** The group of Keptn's resources, labels and annotations; the dialect's KEPTN_MARK. */
const KEPTN_MARK = 'keptn.sh';

/** Whether a render may have something of Keptn's. */
export function mentionsKeptn(stream: string): boolean {
  return stream.includes(KEPTN_MARK);
}

/** What a render lacks unless it turns out to be one of Keptn's, whose charts need no pipeline file. */
export async function unlessKeptn<T>(
  parameters: Parameters,
  compile: () => Promise<T>,
): Promise<{ compiled: T | undefined; missing: StagelineError | undefined }> {
  try {
    return { compiled: await compile(), missing: undefined };
  } catch (error) {
    const isMissing =
      error instanceof StagelineError &&
      (error.code === 'PIPELINE_MISSING' || error.code === 'STAGE_NOT_FOUND');
    if (!isMissing || parameters.has('pipeline')) throw error;
    return { compiled: undefined, missing: error };
  }
}

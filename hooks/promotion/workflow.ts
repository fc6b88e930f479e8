/** Promotion by workflow: the repository's own workflow is told of the version, and decides what it does with it. */
import { StagelineError } from '../../core/errors.ts';
import type { PromotionWay } from '../../core/plan.ts';
import { fillIn } from '../../core/promotion/fill-in.ts';
import { providerOf } from './host.ts';
import type { PromotionOrder, PromotionOutcome, PromotionTools } from './order.ts';
import type { Dispatch, GitProvider, WorkflowRun } from './providers/index.ts';
import { promotionFileOf } from './promotion-file.ts';
import { ACT_DEADLINE_MS, patientResult } from './pull-request.ts';
import { isDenied, knownInTarget } from './known-in-target.ts';
import { versionsOf } from './settled.ts';
import { withRepository } from './with-repository.ts';

type WorkflowOrder = PromotionOrder & { way: Extract<PromotionWay, { kind: 'workflow' }> };

/** A run is listed some seconds after its dispatch. */
const LISTED_AFTER_MS = 20_000;
const LOOK_AGAIN_MS = 4000;
const TRACE_INPUT = 'traceParent';

/**
 * Dispatches the workflow once. Hosts keep no key of a dispatch, so the ledger remembers that one was begun: after a
 * crash the run is looked for by its title, and is dispatched again only if it surely did not come to be. Errors:
 * `PROVIDER_*`, `PROMOTION_DISPATCH_UNCLEAR`.
 */
export async function promoteByWorkflow(
  tools: PromotionTools,
  order: WorkflowOrder,
): Promise<PromotionOutcome> {
  const there = await knownInTarget(tools, order);
  if (there) return there;
  const provider = providerOf(tools, order.planned);
  const dispatch: Dispatch = {
    workflow: order.way.file,
    ref: order.way.ref ?? (await branchOf(tools, order.planned)),
    inputs: inputsOf(order),
  };
  const end = tools.now() + ACT_DEADLINE_MS;
  let since = order.intent.attemptedAt;
  for (;;) {
    const found = since && (await findRun(tools, { order, provider, dispatch, since }));
    if (found) return dispatched(order, found);
    await order.noteAttempt(true);
    since = new Date(tools.now()).toISOString();
    const made = await provider.dispatchWorkflow(dispatch);
    if (made.status === 'success') return dispatched(order, made.value);
    const isSureNot = made.status === 'failure' || !made.mayHaveActed;
    if (isSureNot) {
      await order.noteAttempt(false);
      since = undefined;
    }
    // Where it may have been made, the ledger knows of the attempt: the next try looks before it acts.
    if (made.status === 'failure' || tools.now() + made.retryAfterMs > end) throw made.error;
    if (isSureNot) await tools.sleep(made.retryAfterMs, tools.signal);
  }
}

/** An Application that tracks `HEAD`, or nothing, means the repository's default branch, whatever that is called. */
async function branchOf(tools: PromotionTools, planned: WorkflowOrder['planned']): Promise<string> {
  if (planned.base !== '' && planned.base !== 'HEAD') return planned.base;
  try {
    return await withRepository(tools, planned, async ({ base }) => base);
  } catch (error) {
    if (!isDenied(error)) throw error;
    return 'main';
  }
}

function inputsOf(order: WorkflowOrder): Record<string, string> {
  const { plan, planned, way, intent } = order;
  const facts = { plan, target: planned.target, promotionFile: promotionFileOf(order, undefined) };
  const declared = Object.entries(way.inputs).map(([name, text]) => [
    name,
    fillIn(text, facts, `input "${name}" of workflow ${way.file}`),
  ]);
  return { [TRACE_INPUT]: intent.traceparent, ...Object.fromEntries(declared) };
}

async function findRun(
  tools: PromotionTools,
  known: { order: WorkflowOrder; provider: GitProvider; dispatch: Dispatch; since: string },
): Promise<WorkflowRun | undefined> {
  const { order, provider, dispatch, since } = known;
  const query = { workflow: dispatch.workflow, ref: dispatch.ref, marker: order.intent.traceparent, since };
  const end = Date.parse(since) + LISTED_AFTER_MS;
  for (;;) {
    const finding = await patientResult(tools, () => provider.findDispatch(query));
    if (finding.found === 'yes') return finding.run;
    if (finding.found === 'unclear') throw unclear(dispatch, finding.runs);
    if (tools.now() >= end) return undefined;
    await tools.sleep(LOOK_AGAIN_MS, tools.signal);
  }
}

function unclear(dispatch: Dispatch, runs: readonly WorkflowRun[]): StagelineError {
  const [first] = runs;
  return new StagelineError(
    `workflow ${dispatch.workflow} may have been dispatched already, but its runs (${first?.url ?? 'unknown'}) do not say by what`,
    {
      code: 'PROMOTION_DISPATCH_UNCLEAR',
      hint: `Put "run-name: Promote \${{ inputs.${TRACE_INPUT} }}" into the workflow, so that a run can be told from others; see whether the run has promoted, and promote by hand if not`,
      blame: 'input',
    },
  );
}

function dispatched(order: WorkflowOrder, run: WorkflowRun | undefined): PromotionOutcome {
  return {
    status: 'done',
    message: `workflow ${order.way.file} was dispatched for ${versionsOf(order)}`,
    ...(run === undefined ? {} : { url: run.url }),
  };
}

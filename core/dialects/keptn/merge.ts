/**
 * A chart with Keptn's resources that is also a stage of a pipeline file: the file says how the stage is called, what
 * moves and where it is promoted to; Keptn's checks come after the stage's own in every phase.
 */
import { contentId } from '../../canonical.ts';
import { stepsOf, type CheckPhase, type Plan, type PlannedStep } from '../../plan.ts';

const ORDER: readonly CheckPhase[] = ['pre-deployment', 'post-deployment', 'promotion'];

/** One plan of both; the native one's fields win. */
export function mergeKeptn(native: Plan, keptn: Plan): Plan {
  const taken = new Set(native.phases.flatMap(({ steps }) => steps.flat().map(({ name }) => name)));
  const definition = contentId([native.definition, keptn.definition]);
  const known = new Set(native.links.map(({ traceparent }) => traceparent));
  return {
    ...native,
    definition,
    anchor: { ...native.anchor, data: { ...native.anchor.data, definition } },
    links: [...native.links, ...keptn.links.filter(({ traceparent }) => !known.has(traceparent))],
    metadata: { ...keptn.metadata, ...native.metadata },
    phases: ORDER.flatMap((name) => {
      const steps = [...stepsOf(native, name), ...stepsOf(keptn, name).map((step) => renamed(step, taken))];
      return steps.length === 0 ? [] : [{ name, steps }];
    }),
    ...(keptn.secretEnv === undefined ? {} : { secretEnv: keptn.secretEnv }),
    ...(keptn.keptn === undefined ? {} : { keptn: keptn.keptn }),
  };
}

/** Names are one stage's, whatever they come from. */
function renamed(step: PlannedStep, taken: ReadonlySet<string>): PlannedStep {
  return step.map((check) => (taken.has(check.name) ? { ...check, name: `keptn-${check.name}` } : check));
}

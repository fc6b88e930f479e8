/** From what the renderer wrote to the finished stream; and what of that can be done while it still runs. */
import { StagelineError } from '../core/errors.ts';
import type { Plan, PlannedCommit } from '../core/plan.ts';
import type { CompiledStage } from './compile.ts';
import { planObjects } from './hook-jobs/hook-job.ts';
import type { Waves } from './hook-jobs/waves.ts';
import { scanRender } from './inject/scan.ts';
import type { Edit, Injection, Scan } from './inject/types.ts';
import type { KeptnDelivery, Span } from './keptn-free.ts';
import type * as ParsersPart from './parsers.ts';
import type { Rendered } from './rendered.ts';
import type { SourceContext } from './sources/types.ts';

/** What is known of a render before its text. */
export interface Delivery {
  context: SourceContext;
  commit: PlannedCommit;
  traceparent: string | undefined;
  /** Undefined without a stage of a pipeline file. */
  compiled: CompiledStage | undefined;
}

/** Done before the renderer is: the plan, and its objects as they are unless the render has hooks of its own. */
export interface Ready {
  plan: Plan | undefined;
  objects: string;
}

/** Without hooks of the render's own: around wave 0. */
const NO_WAVES: Waves = { pre: -1, post: 1 };

/** What a render of Helm's looks like, roughly. */
const PRACTICE = Array.from(
  { length: 30 },
  (_, index) =>
    `---\n# Source: a\napiVersion: v1\nkind: Kind\nmetadata:\n  name: x${index}\n  labels:\n    a/b: "c"\n${index % 2 === 0 ? '' : '  annotations:\n    a: b\n'}spec:\n  a: b\n`,
).join('');

/**
 * A render is a process of its own, in which any code is slow when it runs first: it runs once for nothing, while Git
 * and Helm are at work.
 */
export function practise(delivery: Omit<Delivery, 'commit'>): void {
  const made = { ...delivery, commit: { id: '0'.repeat(40), mode: 'git' } as const };
  try {
    scanRender(PRACTICE, injectionOf(made, undefined));
    getReady(made);
  } catch {
    // What is wrong is said when it counts.
  }
}

/** What can be done without the render's text. Errors: those of `planObjects`. */
export function getReady(delivery: Delivery): Ready {
  const { context, commit, compiled } = delivery;
  const plan = context.parameters.string('role') === 'inject-only' ? undefined : compiled?.plan(commit);
  return { plan, objects: objectsOf(delivery, plan, { waves: NO_WAVES, functions: undefined }) };
}

/** Injects, and adds our own objects. Errors: `RENDER_EMPTY`, those of the slow path and of `planObjects`. */
export async function finish(
  delivery: Delivery,
  render: { stream: string; keptn: KeptnDelivery; ready: Ready },
): Promise<Rendered> {
  const { context, commit, traceparent } = delivery;
  const { stream, keptn, ready } = render;
  const injection = injectionOf(delivery, keptn);
  const scan = scanRender(stream, injection);
  const doubtful = scan.doubtful.filter(({ start }) => !isWithin(keptn.leftOut, start));
  const needsParsers = doubtful.length > 0 || scan.hooks.length > 0;
  const parsers = needsParsers ? await import('./parsers.ts') : undefined;
  const { edits: all, objects } = withSlowDocuments(parsers, stream, { scan, doubtful, injection });
  const edits = withoutLeftOut(all, keptn.leftOut);
  if (objects === 0) {
    throw new StagelineError(`the render of ${context.place.path} has no objects`, {
      code: 'RENDER_EMPTY',
      hint: 'Check values and path; an empty render would make Argo CD delete what is there',
    });
  }
  const isInjectOnly = context.parameters.string('role') === 'inject-only';
  const plan = isInjectOnly ? ready.plan : (keptn.merge?.(ready.plan) ?? ready.plan);
  const appended =
    parsers || keptn.compiled
      ? objectsOf(delivery, plan, {
          waves: parsers?.findWaves(stream, scan.hooks) ?? NO_WAVES,
          functions: keptn.compiled?.functions,
        })
      : ready.objects;
  return { stream, edits, appended, objects, commit, traceparent, plan };
}

function objectsOf(
  delivery: Delivery,
  plan: Plan | undefined,
  render: { waves: Waves; functions: Parameters<typeof planObjects>[1]['functions'] },
): string {
  if (plan === undefined) return '';
  const { settings, application } = delivery.context;
  const { project } = application;
  return planObjects(project === undefined ? plan : { ...plan, project }, {
    settings: delivery.compiled?.hooks ?? {},
    image: settings.hookImage,
    env: settings.hookEnv,
    ...render,
  });
}

function isWithin(spans: readonly Span[], offset: number): boolean {
  return spans.some(({ start, end }) => offset >= start && offset < end);
}

/** Edits without those of documents that are left out, and with what takes these away. */
function withoutLeftOut(edits: readonly Edit[], leftOut: readonly Span[]): Edit[] {
  if (leftOut.length === 0) return [...edits];
  const kept = edits.filter(({ at }) => !isWithin(leftOut, at));
  const removals = leftOut.map(({ start, end }) => ({ at: start, remove: end - start, insert: '' }));
  return [...kept, ...removals].sort((a, b) => a.at - b.at);
}

function withSlowDocuments(
  parsers: typeof ParsersPart | undefined,
  stream: string,
  found: { scan: Scan; doubtful: Scan['doubtful']; injection: Injection },
): { edits: Edit[]; objects: number } {
  const { scan, doubtful, injection } = found;
  // What is left out of the output was an object all the same.
  const objects = scan.objects + scan.doubtful.length - doubtful.length;
  if (parsers === undefined || doubtful.length === 0) return { edits: scan.edits, objects };
  const slow = doubtful.map((document) => parsers.injectSlowly(stream, document, injection));
  return {
    edits: [...scan.edits, ...slow.flatMap((result) => result.edits)].sort((a, b) => a.at - b.at),
    objects: slow.reduce((sum, result) => sum + result.objects, objects),
  };
}

function injectionOf(delivery: Delivery, keptn: KeptnDelivery | undefined): Injection {
  const { parameters } = delivery.context;
  const stage = delivery.compiled?.stage ?? keptn?.compiled?.plan.stage;
  const scope = parameters.string('inject');
  const attributes = {
    'vcs.ref.head.revision': delivery.commit.id,
    ...(stage === undefined ? {} : { 'deployment.environment.name': stage }),
  };
  return {
    scope: scope === 'workloads' || scope === 'none' ? scope : 'all',
    commitId: delivery.commit.id,
    traceparent: delivery.traceparent,
    podTemplates: parameters.flag('injectPodTemplates'),
    otelAttributes: parameters.flag('injectOtel') ? attributes : undefined,
  };
}

/** One render, from the files of an application to the finished stream. */
import { StagelineError } from '../core/errors.ts';
import type * as LazyPart from './lazy.ts';
import type { Plan, PlannedCommit } from '../core/plan.ts';
import { lastCommit, type CommitOptions, type EarlyCommit } from './commit/last-commit.ts';
import { inputsOf } from './commit/application-inputs.ts';
import { startDeadline } from './deadline.ts';
import type { Edit, Injection, Scan } from './inject/types.ts';
import { readParameters } from './parameters.ts';
import { findPlace, readApplication } from './place.ts';
import { readSettings } from './settings.ts';
import { defaultSlots, memoryLimit, takeSlot } from './slots.ts';
import { prepareSource } from './sources/detect.ts';
import type { Source, SourceContext } from './sources/types.ts';

export interface RenderOptions {
  /** The application's folder. */
  cwd: string;
  /** As argocd-cmp-server gives it; nothing else of the process is read. */
  env: NodeJS.ProcessEnv;
  /** Whether files of the tree may be written; default no. The sidecar's copy is made for one render. */
  ownsTree?: boolean;
  /** Takes what is reported and does not stop the render. */
  warn: (error: StagelineError) => void;
}

export interface Rendered {
  /** What the renderer wrote; one character is one byte. */
  stream: string;
  /** What is put into it, in order. */
  edits: Edit[];
  /** Our own objects, after it. */
  appended: string;
  objects: number;
  commit: PlannedCommit;
  traceparent: string | undefined;
  plan: Plan | undefined;
}

type Lazy = typeof LazyPart;

/** Renders an application. Every error that a user can meet is a `StagelineError`. */
export async function renderApplication(options: RenderOptions): Promise<Rendered> {
  const settings = readSettings(options.env);
  const deadline = startDeadline(settings.deadlineMs);
  try {
    const freeSlot = await takeSlot(settings.concurrency ?? defaultSlots(memoryLimit()), deadline.signal);
    try {
      const { env } = options;
      const application = readApplication(env);
      const parameters = readParameters(env['ARGOCD_APP_PARAMETERS']);
      const place = findPlace(options.cwd, env['ARGOCD_APP_SOURCE_PATH']);
      const ownsTree = options.ownsTree ?? false;
      return await render(
        { place, application, parameters, settings, env, signal: deadline.signal, ownsTree },
        options.warn,
      );
    } finally {
      freeSlot();
    }
  } finally {
    deadline.close();
  }
}

/**
 * Repository-relative files and folders that a render of the application reads, the pipeline file among them.
 * Nothing is rendered. Errors: those of a render, as far as it gets.
 */
export async function inputsOfApplication(options: RenderOptions): Promise<string[]> {
  const { env } = options;
  const context: SourceContext = {
    place: findPlace(options.cwd, env['ARGOCD_APP_SOURCE_PATH']),
    application: readApplication(env),
    parameters: readParameters(env['ARGOCD_APP_PARAMETERS']),
    settings: readSettings(env),
    env,
    signal: new AbortController().signal,
    ownsTree: false,
  };
  const source = await prepareSource(context);
  const lazy = await import('./lazy.ts');
  const { compiled } = readStage(lazy, { context, source, warn: options.warn });
  return [
    ...inputsOf(context, source.outside, compiled).include,
    ...(compiled ? [compiled.pipelineFile] : []),
  ];
}

async function render(outer: SourceContext, warn: (error: StagelineError) => void): Promise<Rendered> {
  // A failure of one part stops the children of the others.
  const stop = new AbortController();
  const context = { ...outer, signal: AbortSignal.any([outer.signal, stop.signal]) };
  const source = await prepareSource(context);
  // Where files are the only witness, they are read before a renderer might add to them.
  const waits = source.needsVersion || context.place.gitDir === undefined;
  const early = waits ? undefined : source.render(undefined);
  early?.catch(() => undefined);
  const earlyCommit = askEarly(context, source.outside);
  try {
    const lazy = await import('./lazy.ts');
    const { place, parameters } = context;
    const { compiled, missing } = readStage(lazy, { context, source, warn });
    const traceparent = compiled
      ? compiled.traceparent
      : lazy.checkTraceparent(source.valuesTraceparent, place.path, warn);
    const inputs = inputsOf(context, source.outside, compiled);
    const commit = await lazy.findCommit(inputs, commitOptions(context), earlyCommit);
    const version = { commitId: commit.id, traceparent };
    const stream = await (early ?? source.render(version));
    const determinism = parameters.string('determinism') ?? 'off';
    if (determinism !== 'off') {
      const problem = lazy.nondeterminism(stream, await source.render(version), place.path);
      if (problem && determinism === 'fail') throw problem;
      if (problem) warn(problem);
    }
    const keptn = lazy.findKeptn({ context, stream, commit, traceparent, missing, warn });
    return finish({ context, lazy, stream, commit, traceparent, compiled, keptn });
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled([early, earlyCommit?.commit]);
    throw error;
  }
}

interface StageReading {
  context: SourceContext;
  source: Source;
  warn: (error: StagelineError) => void;
}

/** The stage that the pipeline file has for the application; what is missing may still be in Keptn's resources. */
function readStage(
  lazy: Lazy,
  { context, source, warn }: StageReading,
): { compiled: Compiled | undefined; missing: StagelineError | undefined } {
  const { place, application, parameters } = context;
  return lazy.unlessKeptn(parameters, () => {
    const pipelineFile = lazy.findPipelineFile(place, parameters);
    if (pipelineFile === undefined) return undefined;
    const { valuesTraceparent } = source;
    return lazy.compileStage({ place, application, parameters, pipelineFile, valuesTraceparent, warn });
  });
}

function commitOptions(context: SourceContext): CommitOptions {
  const { place, parameters, settings } = context;
  return {
    root: place.root,
    missingPrefix: place.missingPrefix,
    gitDir: place.gitDir,
    timeoutMs: settings.gitTimeoutMs,
    signal: context.signal,
    mode: parameters.string('commit') === 'digest' ? 'digest' : 'auto',
  };
}

/**
 * Asks for the commit before the pipeline file is read, since Git needs time too. Nearly always the file adds nothing
 * to the inputs; where it does, the question is asked again.
 */
function askEarly(context: SourceContext, outside: readonly string[]): EarlyCommit | undefined {
  const options = commitOptions(context);
  if (options.gitDir === undefined || options.mode === 'digest') return undefined;
  const inputs = inputsOf(context, outside, undefined);
  const commit = lastCommit(inputs, options, options.gitDir);
  commit.catch(() => undefined);
  return { inputs, commit };
}

type Compiled = ReturnType<Lazy['compileStage']>;

interface Unfinished {
  context: SourceContext;
  lazy: Lazy;
  stream: string;
  commit: PlannedCommit;
  traceparent: string | undefined;
  compiled: Compiled | undefined;
  keptn: ReturnType<Lazy['findKeptn']>;
}

function finish(unfinished: Unfinished): Rendered {
  const { context, lazy, stream, commit, traceparent, compiled, keptn } = unfinished;
  const stage = compiled?.stage ?? keptn.compiled?.plan.stage;
  const injection = injectionOf(context, { commit, traceparent, stage });
  const scan = lazy.scanRender(stream, injection);
  const { edits: all, objects } = withSlowDocuments(lazy, stream, { scan, injection });
  const edits = lazy.withoutLeftOut(all, keptn.leftOut);
  if (objects === 0) {
    throw new StagelineError(`the render of ${context.place.path} has no objects`, {
      code: 'RENDER_EMPTY',
      hint: 'Check values and path; an empty render would make Argo CD delete what is there',
    });
  }
  const deliver = context.parameters.string('role') !== 'inject-only';
  const plan = deliver ? lazy.planWithKeptn(compiled?.plan(commit), keptn) : undefined;
  const appended =
    plan === undefined
      ? ''
      : lazy.planObjects(plan, {
          settings: compiled?.hooks ?? {},
          image: context.settings.hookImage,
          env: context.settings.hookEnv,
          waves: lazy.findWaves(stream, scan.hooks),
          functions: keptn.compiled?.functions,
        });
  return { stream, edits, appended, objects, commit, traceparent, plan };
}

function withSlowDocuments(
  lazy: Lazy,
  stream: string,
  found: { scan: Scan; injection: Injection },
): { edits: Edit[]; objects: number } {
  const { scan, injection } = found;
  if (scan.doubtful.length === 0) return scan;
  const slow = scan.doubtful.map((document) => lazy.injectSlowly(stream, document, injection));
  return {
    edits: [...scan.edits, ...slow.flatMap((result) => result.edits)].sort((a, b) => a.at - b.at),
    objects: slow.reduce((sum, result) => sum + result.objects, scan.objects),
  };
}

function injectionOf(
  context: SourceContext,
  version: { commit: PlannedCommit; traceparent: string | undefined; stage: string | undefined },
): Injection {
  const { parameters } = context;
  const scope = parameters.string('inject');
  const attributes = {
    'vcs.ref.head.revision': version.commit.id,
    ...(version.stage === undefined ? {} : { 'deployment.environment.name': version.stage }),
  };
  return {
    scope: scope === 'workloads' || scope === 'none' ? scope : 'all',
    commitId: version.commit.id,
    traceparent: version.traceparent,
    podTemplates: parameters.flag('injectPodTemplates'),
    otelAttributes: parameters.flag('injectOtel') ? attributes : undefined,
  };
}

/** One render, from the files of an application to the finished stream. */
import type { StagelineError } from '../core/errors.ts';
import type { KeptnOptions } from './keptn.ts';
import { mentionsKeptn, NO_KEPTN, unlessKeptn, type KeptnDelivery } from './keptn-free.ts';
import type * as LazyPart from './lazy.ts';
import type { HeadStart } from './head-start.ts';
import type { Memory } from './remember.ts';
import type { Rendered } from './rendered.ts';
import { lastCommit, type CommitOptions, type EarlyCommit } from './commit/last-commit.ts';
import { inputsOf } from './commit/application-inputs.ts';
import { startEarly } from './early-render.ts';
import { startDeadline } from './deadline.ts';
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
  /** What earlier renders read; without it everything is read anew. */
  memory?: Memory | undefined;
  /** A program that may be running already. */
  headStart?: HeadStart | undefined;
  /** Called once Helm and Git run, for what is needed only later. */
  whileProgramsRun?: () => void;
  /** Takes what is reported and does not stop the render. */
  warn: (error: StagelineError) => void;
}

type Lazy = typeof LazyPart;

/** Renders an application. Every error that a user can meet is a `StagelineError`. */
export async function renderApplication(options: RenderOptions): Promise<Rendered> {
  const { headStart } = options;
  const settings = readSettings(options.env);
  const deadline = startDeadline(settings.deadlineMs);
  try {
    const slots = settings.concurrency ?? defaultSlots(memoryLimit());
    // Whoever waits for a slot holds no memory meanwhile.
    const freeSlot = await takeSlot(slots, deadline.signal, () => void headStart?.drop());
    try {
      const { env } = options;
      const application = readApplication(env);
      const parameters = readParameters(env['ARGOCD_APP_PARAMETERS']);
      const place = findPlace(options.cwd, env['ARGOCD_APP_SOURCE_PATH']);
      const ownsTree = options.ownsTree ?? false;
      return await render(
        { place, application, parameters, settings, env, signal: deadline.signal, ownsTree, headStart },
        options,
      );
    } finally {
      await headStart?.drop();
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
  const { compiled } = await readStage(lazy, { context, source, memory: undefined, warn: options.warn });
  return [
    ...lazy.withLinked(inputsOf(context, source.outside, compiled)).include,
    ...(compiled ? [compiled.pipelineFile] : []),
  ];
}

async function render(outer: SourceContext, options: RenderOptions): Promise<Rendered> {
  const { warn } = options;
  // A failure of one part stops the children of the others.
  const stop = new AbortController();
  const context = { ...outer, signal: AbortSignal.any([outer.signal, stop.signal]) };
  const source = await prepareSource(context);
  const early = startEarly(source, context, options.memory);
  const earlyCommit = askEarly(context, source.outside);
  options.whileProgramsRun?.();
  try {
    const lazy = await import('./lazy.ts');
    const { place, parameters } = context;
    const { compiled, missing } = await readStage(lazy, { context, source, memory: options.memory, warn });
    const traceparent = compiled
      ? compiled.traceparent
      : lazy.checkTraceparent(source.valuesTraceparent, place.path, warn);
    lazy.warnOfMissingInputs(context, compiled?.inputs ?? [], warn);
    lazy.practise({ context, traceparent, compiled });
    const inputs = inputsOf(context, source.outside, compiled);
    const commit = await lazy.findCommit(inputs, commitOptions(context), earlyCommit);
    const version = { commitId: commit.id, traceparent };
    const delivery = { context, commit, traceparent, compiled };
    const ready = lazy.getReady(delivery);
    const keptnContext = { context, memory: options.memory, commit, traceparent };
    // Without a stage it is Keptn's or an error.
    const awaited = missing === undefined ? undefined : readyForKeptn(keptnContext, { practise: true });
    awaited?.catch(() => undefined);
    const stream = await early.stream(version);
    for (const note of [early.note(version), context.headStart?.note()]) if (note) lazy.keep(note);
    const isSuspect = (): boolean => lazy.differsFromBefore(options.memory, delivery, stream);
    const determinism = parameters.string('determinism') ?? (isSuspect() ? 'warn' : 'off');
    if (determinism !== 'off') {
      const again = await source.render(version);
      const { nondeterminism } = await import('./parsers.ts');
      const problem = nondeterminism(stream, again, place.path);
      if (problem && determinism === 'fail') throw problem;
      if (problem) warn(problem);
    }
    const hasKeptn = mentionsKeptn(stream);
    if (missing !== undefined && !hasKeptn) throw missing;
    const keptn = hasKeptn
      ? await (awaited ?? readyForKeptn(keptnContext, { practise: false })).then((find) =>
          find({ stream, missing, warn }),
        )
      : NO_KEPTN;
    return await lazy.finish(delivery, { stream, keptn, ready });
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled([early.settled(), earlyCommit?.commit]);
    throw error;
  }
}

type FindKeptn = (render: Pick<KeptnOptions, 'stream' | 'missing' | 'warn'>) => Promise<KeptnDelivery>;

/** Loads what reads Keptn's resources, which takes as long as a small render does. Practice pays only while Helm runs. */
async function readyForKeptn(
  of: Pick<KeptnOptions, 'context' | 'commit' | 'traceparent'> & { memory: Memory | undefined },
  options: { practise: boolean },
): Promise<FindKeptn> {
  const { findKeptn, practise, randomTemplates, rememberKeptn } = await import('./keptn.ts');
  const known = rememberKeptn(of.context, of.memory);
  const random = randomTemplates(of.context.place);
  if (options.practise) practise(of);
  return (render) => findKeptn({ ...render, ...of, known, random });
}

interface StageReading {
  context: SourceContext;
  source: Source;
  memory: Memory | undefined;
  warn: (error: StagelineError) => void;
}

/** The stage that the pipeline file has for the application; what is missing may still be in Keptn's resources. */
function readStage(
  lazy: Lazy,
  { context, source, memory, warn }: StageReading,
): Promise<{ compiled: Compiled | undefined; missing: StagelineError | undefined }> {
  const { place, application, parameters } = context;
  return unlessKeptn(parameters, async () => {
    const pipelineFile = lazy.findPipelineFile(place, parameters);
    if (pipelineFile === undefined) return undefined;
    const { valuesTraceparent } = source;
    return lazy.compileStage({
      place,
      application,
      parameters,
      pipelineFile,
      valuesTraceparent,
      memory,
      warn,
    });
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

type Compiled = Awaited<ReturnType<Lazy['compileStage']>>;

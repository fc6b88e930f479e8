/**
 * The seam between a render and the Keptn dialect: finds the objects that the dialect reads, compiles them, and takes
 * what is left out of the output away. Bundled apart, without a parser: a render without any mention of Keptn costs
 * one search, and one whose documents are known needs none.
 */
import {
  compileKeptn,
  groupsLeftOut,
  isLeftOut,
  KEPTN_MARK,
  mergeKeptn,
  nameObject,
  type JsonObject,
  type KeptnRender,
  type RenderedObject,
} from '../core/dialects/keptn/index.ts';
import { StagelineError } from '../core/errors.ts';
import type { Plan, PlannedCommit } from '../core/plan.ts';
import type { KeptnDelivery, Span } from './keptn-free.ts';
import { rememberParts, type Memory, type RememberedParts } from './remember.ts';
import type { SourceContext } from './sources/types.ts';

export { randomTemplates } from './random-templates.ts';

export interface KeptnOptions {
  context: SourceContext;
  known: RememberedParts<JsonObject[]>;
  /** What `randomTemplates` says. */
  random: readonly string[];
  /** What the renderer wrote; one character is one byte. */
  stream: string;
  commit: PlannedCommit;
  traceparent: string | undefined;
  /** Why there is no stage of a pipeline file, if there should have been one. */
  missing: StagelineError | undefined;
  warn: (error: StagelineError) => void;
}

/** Words of the documents that the dialect reads; ConfigMaps only where a function may be in one. */
const WORKLOADS = /Deployment|StatefulSet|DaemonSet|ReplicaSet|Rollout/;
const CONFIG_MAP_MARK = 'configMapRef';
const SEPARATOR = /^---.*$/gm;

/** What earlier renders of the application were read as. Where that is nothing, the parser is fetched meanwhile. */
export function rememberKeptn(
  context: SourceContext,
  memory: Memory | undefined,
): RememberedParts<JsonObject[]> {
  const { application, place } = context;
  const known = rememberParts<JsonObject[]>(memory, [
    'keptn',
    application.repoURL,
    application.targetRevision,
    application.name,
    place.path,
  ]);
  // What fails here fails again where it is needed.
  if (known.isNew) import('./parsers.ts').catch(() => undefined);
  return known;
}

/**
 * Compiles a small application while Helm runs: a render is a process of its own, whose first run of any code is slow.
 * What comes of it is thrown away.
 */
export function practise(options: Pick<KeptnOptions, 'context' | 'commit' | 'traceparent'>): void {
  const stripping = { apiVersions: '', coexist: false };
  compileKeptn(PRACTICE, { ...stripping, ...renderOf(options) });
}

const PRACTICE: RenderedObject[] = [
  practiceObject('lifecycle.keptn.sh/v1', 'KeptnAppContext', 'a', {
    metadata: { a: 'b' },
    preDeploymentTasks: ['t'],
    postDeploymentTasks: ['t'],
    postDeploymentEvaluations: ['e'],
  }),
  practiceObject('lifecycle.keptn.sh/v1', 'KeptnTaskDefinition', 't', {
    container: { name: 'c', image: 'i' },
  }),
  practiceObject('lifecycle.keptn.sh/v1', 'KeptnEvaluationDefinition', 'e', {
    objectives: [{ keptnMetricRef: { name: 'm' }, evaluationTarget: '<1' }],
  }),
  practiceObject('metrics.keptn.sh/v1', 'KeptnMetric', 'm', { provider: { name: 'p' }, query: 'q' }),
  practiceObject('metrics.keptn.sh/v1', 'KeptnMetricsProvider', 'p', {
    type: 'prometheus',
    targetServer: 'http://p',
  }),
  practiceObject('apps/v1', 'Deployment', 'w', {
    template: {
      metadata: {
        labels: {
          'app.kubernetes.io/name': 'w',
          'app.kubernetes.io/part-of': 'a',
          'app.kubernetes.io/version': 'v1',
        },
      },
    },
  }),
];

function practiceObject(apiVersion: string, kind: string, name: string, spec: JsonObject): RenderedObject {
  return { object: { apiVersion, kind, metadata: { name }, spec }, source: 'practice' };
}

/** Reads a render. Errors: those of `compileKeptn`, `MANIFEST_UNREADABLE`, `KEPTN_IN_LIST`, and what is missing. */
export async function findKeptn(options: KeptnOptions): Promise<KeptnDelivery> {
  const { stream, missing } = options;
  const { parameters } = options.context;
  const isNone = parameters.string('pipeline') === 'none' || !stream.includes(KEPTN_MARK);
  const delivery = isNone ? { compiled: undefined, leftOut: [] } : await readKeptn(options);
  if (missing !== undefined && delivery.compiled === undefined) throw missing;
  if (delivery.compiled !== undefined) {
    const notes = [...(delivery.compiled.plan.keptn?.notes ?? []), ...options.random];
    for (const note of notes) options.warn(noteOf(note));
  }
  return delivery;
}

async function readKeptn(options: KeptnOptions): Promise<KeptnDelivery> {
  const { parameters, application, env } = options.context;
  const documents = await readDocuments(options.stream, options.known);
  const stripping = {
    apiVersions: env['KUBE_API_VERSIONS'] ?? '',
    coexist: parameters.string('keptn') === 'coexist',
  };
  const objects = documents.flatMap((document) => document.objects);
  const named = objects.flatMap((object) => nameObject(object, application.namespace) ?? []);
  const groups = groupsLeftOut(named, stripping);
  const leftOut = documents.flatMap((document) => {
    const out = document.objects.filter(({ object }) => isLeftOut(object, groups));
    if (out.length > 0 && out.length < document.objects.length)
      throw inList(document.objects[0]?.source ?? '');
    return out.length > 0 ? [document.span] : [];
  });
  const isDelivered = parameters.string('role') !== 'inject-only';
  const compiled = isDelivered ? compileKeptn(objects, { ...stripping, ...renderOf(options) }) : undefined;
  return { compiled, leftOut, merge: (native) => merged(native, compiled?.plan) };
}

function noteOf(note: string): StagelineError {
  return new StagelineError(note, { code: 'KEPTN_NOTE', hint: 'docs/migrate-from-keptn.md says more' });
}

function renderOf(
  options: Pick<KeptnOptions, 'context' | 'commit' | 'traceparent'>,
): Omit<KeptnRender, 'apiVersions' | 'coexist'> {
  const { context, commit, traceparent } = options;
  const { application, place, parameters, settings } = context;
  const stage = parameters.string('stage');
  const { keptn } = settings;
  return {
    application: application.name,
    namespace: application.namespace,
    head: application.revision,
    source: { repoURL: application.repoURL, path: place.path, targetRevision: application.targetRevision },
    commit,
    images: {
      ...(keptn.denoImage === undefined ? {} : { deno: keptn.denoImage }),
      ...(keptn.pythonImage === undefined ? {} : { python: keptn.pythonImage }),
    },
    ...(keptn.namespace === undefined ? {} : { keptnNamespace: keptn.namespace }),
    ...(stage === undefined ? {} : { stage }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

/** The plan of a stage: the pipeline file's, Keptn's, or both in one. */
function merged(native: Plan | undefined, keptn: Plan | undefined): Plan | undefined {
  if (native === undefined || keptn === undefined) return native ?? keptn;
  return mergeKeptn(native, keptn);
}

interface ReadDocument {
  span: Span;
  objects: RenderedObject[];
}

/** The documents that the dialect reads. Most are as they were in the last render of the application. */
async function readDocuments(stream: string, known: RememberedParts<JsonObject[]>): Promise<ReadDocument[]> {
  const wantsConfigMaps = stream.includes(CONFIG_MAP_MARK);
  const documents = spansOf(stream).flatMap(({ content, ...span }, index) => {
    const bytes = stream.slice(span.start, content);
    const isRead =
      bytes.includes(KEPTN_MARK) || WORKLOADS.test(bytes) || (wantsConfigMaps && bytes.includes('ConfigMap'));
    if (!isRead) return [];
    const source = /^# Source: (.+?)\r?$/m.exec(bytes)?.[1] ?? `document ${index + 1} of the render`;
    return [{ span, source, bytes }];
  });
  const texts = documents.map(({ source, bytes }) => `${source}\n${bytes}`);
  const read = await known.all(texts, async (unknown) => {
    const { readObjects } = await import('./parsers.ts');
    return unknown.map((text) => {
      const document = documents[texts.indexOf(text)];
      if (document === undefined) return [];
      return readObjects(Buffer.from(document.bytes, 'latin1').toString('utf8'), document.source);
    });
  });
  return documents.map(({ span, source }, index) => ({
    span,
    objects: (read[index] ?? []).map((object) => ({ object, source })),
  }));
}

/** Documents, each with the separator after it: what is left out then leaves no empty document behind. */
function spansOf(stream: string): (Span & { content: number })[] {
  const spans: (Span & { content: number })[] = [];
  let start = 0;
  for (const separator of stream.matchAll(SEPARATOR)) {
    const end = Math.min(stream.length, separator.index + separator[0].length + 1);
    spans.push({ start, content: separator.index, end });
    start = end;
  }
  return [...spans, { start, content: stream.length, end: stream.length }];
}

function inList(source: string): StagelineError {
  return new StagelineError(`${source}: a List holds objects of Keptn, which are left out, beside others`, {
    code: 'KEPTN_IN_LIST',
    hint: 'Put the objects of Keptn into documents of their own',
  });
}

/**
 * The seam between a render and the Keptn dialect: finds the objects that the dialect reads, compiles them, and takes
 * what is left out of the output away. A render without any mention of Keptn costs one search.
 */
import {
  compileKeptn,
  groupsLeftOut,
  isLeftOut,
  KEPTN_MARK,
  mergeKeptn,
  nameObject,
  type Json,
  type JsonObject,
  type KeptnRender,
  type RenderedObject,
} from '../core/dialects/keptn/index.ts';
import { StagelineError } from '../core/errors.ts';
import type { Plan, PlannedCommit } from '../core/plan.ts';
import { GoNumber, readGoValue, UnreadableYaml, type GoValue } from './inject/go-yaml.ts';
import { parsePadded } from './inject/padded-parse.ts';
import type { Edit } from './inject/types.ts';
import type { KeptnDelivery, Span } from './keptn-free.ts';
import { randomTemplates } from './random-templates.ts';
import type { SourceContext } from './sources/types.ts';

export interface KeptnOptions {
  context: SourceContext;
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

/** Reads a render. Errors: those of `compileKeptn`, `MANIFEST_UNREADABLE`, `KEPTN_IN_LIST`, and what is missing. */
export function findKeptn(options: KeptnOptions): KeptnDelivery {
  const { context, stream, missing } = options;
  const { parameters } = context;
  const isNone = parameters.string('pipeline') === 'none' || !stream.includes(KEPTN_MARK);
  const delivery = isNone ? { compiled: undefined, leftOut: [] } : readKeptn(options);
  if (missing !== undefined && delivery.compiled === undefined) throw missing;
  if (delivery.compiled !== undefined) {
    const notes = [...(delivery.compiled.plan.keptn?.notes ?? []), ...randomTemplates(context.place)];
    for (const note of notes) options.warn(noteOf(note));
  }
  return delivery;
}

function readKeptn(options: KeptnOptions): KeptnDelivery {
  const { parameters, application, env } = options.context;
  const documents = readDocuments(options.stream);
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
  return { compiled, leftOut };
}

function noteOf(note: string): StagelineError {
  return new StagelineError(note, { code: 'KEPTN_NOTE', hint: 'docs/migrate-from-keptn.md says more' });
}

function renderOf(options: KeptnOptions): Omit<KeptnRender, 'apiVersions' | 'coexist'> {
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
export function planWithKeptn(native: Plan | undefined, delivery: KeptnDelivery): Plan | undefined {
  const keptn = delivery.compiled?.plan;
  if (native === undefined || keptn === undefined) return native ?? keptn;
  return mergeKeptn(native, keptn);
}

/** Edits without those of documents that are left out, and with what takes these away. */
export function withoutLeftOut(edits: readonly Edit[], leftOut: readonly Span[]): Edit[] {
  if (leftOut.length === 0) return [...edits];
  const kept = edits.filter(({ at }) => !leftOut.some(({ start, end }) => at >= start && at < end));
  const removals = leftOut.map(({ start, end }) => ({ at: start, remove: end - start, insert: '' }));
  return [...kept, ...removals].sort((a, b) => a.at - b.at);
}

interface ReadDocument {
  span: Span;
  objects: RenderedObject[];
}

function readDocuments(stream: string): ReadDocument[] {
  const wantsConfigMaps = stream.includes(CONFIG_MAP_MARK);
  return spansOf(stream).flatMap(({ content, ...span }, index) => {
    const bytes = stream.slice(span.start, content);
    const isRead =
      bytes.includes(KEPTN_MARK) || WORKLOADS.test(bytes) || (wantsConfigMaps && bytes.includes('ConfigMap'));
    if (!isRead) return [];
    const source = /^# Source: (.+?)\r?$/m.exec(bytes)?.[1] ?? `document ${index + 1} of the render`;
    return [{ span, objects: readObjects(Buffer.from(bytes, 'latin1').toString('utf8'), source) }];
  });
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

/** The objects of a document as Kubernetes' decoder sees them; a list's items are objects of their own. */
function readObjects(text: string, source: string): RenderedObject[] {
  const { document } = parsePadded(text);
  const problem = document.errors[0];
  if (problem !== undefined) throw unreadable(source, problem.message, problem);
  let value: GoValue;
  try {
    value = readGoValue(document);
  } catch (cause) {
    if (cause instanceof UnreadableYaml) throw unreadable(source, cause.message, cause);
    throw cause;
  }
  const items = value instanceof Map ? value.get('items') : undefined;
  const values = Array.isArray(items) ? items : [value];
  return values.flatMap((item) => {
    const object = item instanceof Map ? jsonObject(item) : undefined;
    return object === undefined ? [] : [{ object, source }];
  });
}

function jsonObject(map: ReadonlyMap<string, GoValue>): JsonObject {
  return Object.fromEntries([...map].map(([key, value]) => [key, json(value)]));
}

/** Integers beyond 2^53 lose digits here; none of the fields that the dialect reads has such. */
function json(value: GoValue): Json {
  if (Array.isArray(value)) return value.map(json);
  if (value instanceof Map) return jsonObject(value);
  return value instanceof GoNumber ? Number(value.digits) : value;
}

function unreadable(source: string, problem: string, cause: unknown): StagelineError {
  return new StagelineError(`${source} cannot be read: ${problem.split('\n')[0] ?? ''}`, {
    code: 'MANIFEST_UNREADABLE',
    hint: 'Mend the template, or see it with "stageline render"',
    cause,
  });
}

function inList(source: string): StagelineError {
  return new StagelineError(`${source}: a List holds objects of Keptn, which are left out, beside others`, {
    code: 'KEPTN_IN_LIST',
    hint: 'Put the objects of Keptn into documents of their own',
  });
}

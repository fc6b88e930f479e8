/** The Keptn dialect: from the objects of a render to the plan of a delivery. Pure, as every dialect. */
import { PART_LABEL, PIPELINE_LABEL, STAGE_LABEL } from '../../annotations.ts';
import { StagelineError } from '../../errors.ts';
import { makeFreight, type Freight } from '../../freight.ts';
import { fnv1a } from '../../fnv1a.ts';
import { anchorName, ledgerName } from '../../names.ts';
import { PLAN_VERSION, type Plan, type PlannedCommit } from '../../plan.ts';
import { buildApps, COMMIT_KEY, type App } from './apps.ts';
import { definitionOf } from './definition.ts';
import { DEFAULT_RUNTIME_IMAGES, type RuntimeImages } from './functions.ts';
import { makeLookup } from './lookup.ts';
import { checkName } from './names.ts';
import { nameObject, type NamedObject, type RenderedObject } from './objects.ts';
import { compilePhases } from './phases.ts';
import type { KeptnPart } from './plan-part.ts';
import { groupsLeftOut, isKeptnRender, resourceNames, type StrippingOptions } from './resources.ts';
import { checkShapes } from './shapes.ts';
import { readWorkload, type Workload } from './workloads.ts';

/** What a render knows besides its objects. */
export interface KeptnRender extends StrippingOptions {
  /** ARGOCD_APP_NAME. */
  application: string;
  /** Destination namespace, where hooks and tasks run. */
  namespace: string;
  /** ARGOCD_APP_REVISION. */
  head: string;
  source: { repoURL: string; path: string; targetRevision: string };
  commit: PlannedCommit;
  /** Of the last promotion, beside the span links that the chart names. */
  traceparent?: string;
  /** Name of the stage; without it the namespace or the application says it. */
  stage?: string;
  /** Images of the function runtimes, from the admin's settings. */
  images?: Partial<RuntimeImages>;
  /** Where Keptn kept definitions for everybody. */
  keptnNamespace?: string;
}

export interface CompiledKeptn {
  plan: Plan;
  /** A ConfigMap to render as a PreSync hook below every hook of ours: the code of the functions, by key. */
  functions: { name: string; data: Record<string, string> } | undefined;
}

const DEFAULT_KEPTN_NAMESPACE = 'keptn-system';
/** Notes are for people, and a plan has a limit. */
const MAX_NOTES = 20;
const MAX_NOTE_LENGTH = 300;
/** Kubernetes takes 1 MiB in a ConfigMap, its metadata included. */
const MAX_FUNCTION_BYTES = 1_000_000;

/**
 * Compiles a render. Undefined if it is none of Keptn's. Errors name object, field and cure: `KEPTN_DUPLICATE`,
 * `KEPTN_FIELD`, `KEPTN_FUNCTION`, `KEPTN_FUNCTION_CYCLE`, `KEPTN_FUNCTIONS_TOO_LARGE`, `KEPTN_MISSING`,
 * `KEPTN_PROVIDER`, `KEPTN_RUNTIME`, `KEPTN_TARGET`.
 */
export function compileKeptn(
  rendered: readonly RenderedObject[],
  render: KeptnRender,
): CompiledKeptn | undefined {
  const objects = rendered.flatMap((object) => nameObject(object, render.namespace) ?? []);
  if (!isKeptnRender(objects)) return undefined;
  objects.forEach(checkShapes);
  const { notes, note } = noteTaker();
  const lookup = makeLookup(objects.filter(isRead), {
    keptnNamespace: render.keptnNamespace ?? DEFAULT_KEPTN_NAMESPACE,
    note,
  });
  const workloads = objects.flatMap((object) => readWorkload(object, note) ?? []);
  const apps = withCommit(buildApps(lookup, workloads, note), render.commit);
  noteNamespaces(apps, render, note);
  const functionsConfigMap = `sl-functions-${checkName(render.application)}`;
  const functions = new Map<string, string>();
  const labels: Record<string, string>[] = [];
  const images = { ...DEFAULT_RUNTIME_IMAGES, ...render.images };
  const { phases, secretEnv } = compilePhases(apps, {
    lookup,
    note,
    images,
    functionsConfigMap,
    functions,
    labels,
  });
  const keptn: KeptnPart = {
    apps: apps.map(appPart),
    labels,
    resources: resourceNames(objects),
    leftOut: groupsLeftOut(objects, render),
    notes,
  };
  const definition = definitionOf(objects, workloads, functions);
  const plan = { ...planOf(render, { apps, definition }), phases, keptn };
  return {
    plan: secretEnv.length === 0 ? plan : { ...plan, secretEnv },
    functions: functions.size === 0 ? undefined : functionsPart(functionsConfigMap, functions, render),
  };
}

/** Definitions are looked up by name; of everything else only ConfigMaps, which may hold a function. */
function isRead(object: NamedObject): boolean {
  return object.group.endsWith('keptn.sh') || (object.group === '' && object.kind === 'ConfigMap');
}

function noteTaker(): { notes: string[]; note: (text: string) => void } {
  const notes: string[] = [];
  const note = (text: string): void => {
    if (notes.length < MAX_NOTES && !notes.includes(text)) notes.push(text.slice(0, MAX_NOTE_LENGTH));
  };
  return { notes, note };
}

/** `metadata.commitID`, which the guide fills from the chart's values, is the commit where they leave it empty. */
function withCommit(apps: readonly App[], commit: PlannedCommit): App[] {
  return apps.map((app) => ({
    ...app,
    metadata: { ...app.metadata, [COMMIT_KEY]: app.metadata[COMMIT_KEY] || commit.id },
  }));
}

function noteNamespaces(apps: readonly App[], render: KeptnRender, note: (text: string) => void): void {
  const others = [...new Set(apps.map(({ namespace }) => namespace))].filter(
    (name) => name !== render.namespace,
  );
  if (others.length === 0) return;
  note(
    `tasks run in the destination namespace ${render.namespace}, not in ${others.join(', ')}: Secrets, ConfigMaps and ServiceAccounts that they name must be there`,
  );
}

function planOf(
  render: KeptnRender,
  parts: { apps: App[]; definition: string },
): Omit<Plan, 'phases' | 'keptn'> {
  const { apps, definition } = parts;
  const pipeline = apps[0]?.name ?? render.application;
  const stage = render.stage ?? stageOf(render, apps);
  const freight = freightOf(apps);
  return {
    version: PLAN_VERSION,
    pipeline,
    stage,
    application: render.application,
    namespace: render.namespace,
    anchor: {
      name: anchorName(render.application),
      labels: {
        [PART_LABEL]: 'anchor',
        [PIPELINE_LABEL]: labelValue(pipeline),
        [STAGE_LABEL]: labelValue(stage),
      },
      data: {
        pipeline,
        stage,
        commit: render.commit.id,
        'commit-mode': render.commit.mode,
        freight: freight.id,
        versions: freight.items.map((item) => `${item.key}=${item.value}`).join('\n'),
        definition,
      },
    },
    ledger: { name: ledgerName(render.application) },
    commit: render.commit,
    head: render.head,
    source: render.source,
    freight,
    definition,
    ancestry: [],
    links: linksOf(apps, render.traceparent),
    metadata: metadataOf(apps),
    promotions: [],
  };
}

/**
 * Attributes of the trace: Keptn's names of the application, and every entry of its metadata under its own key, which may
 * take the place of those. The first application goes before the others, as the one that the pipeline is named after.
 */
function metadataOf(apps: readonly App[]): Record<string, string> {
  const [only, ...others] = apps;
  const names =
    only === undefined || others.length > 0
      ? {}
      : {
          'keptn.deployment.app.name': only.name,
          'keptn.deployment.app.version': only.version,
          'keptn.deployment.app.namespace': only.namespace,
        };
  return Object.assign(names, ...apps.map(({ metadata }) => metadata).reverse());
}

/** Keptn has no stages. Its guides name namespaces and applications `<app>-<stage>`, which says it. */
function stageOf(render: KeptnRender, apps: readonly App[]): string {
  const names = [apps[0]?.namespace ?? '', render.namespace, render.application];
  for (const name of names) {
    const app = apps.find((candidate) => name.startsWith(`${candidate.name}-`));
    if (app) return name.slice(app.name.length + 1);
  }
  return apps[0]?.namespace || render.namespace || render.application;
}

/**
 * The images of the workloads, by workload. Not Keptn's versions: charts that make a random one for each render would
 * otherwise be a new delivery with each.
 */
function freightOf(apps: readonly App[]): Freight {
  const workloads = apps.flatMap((app) => app.workloads);
  const isShared = (workload: Workload): boolean =>
    workloads.some((other) => other !== workload && other.name === workload.name);
  return makeFreight(
    workloads.flatMap((workload) => {
      const name = isShared(workload) ? workload.fullName : workload.name;
      const images = Object.entries(workload.images);
      return images.map(([container, image]) => ({
        kind: 'image' as const,
        file: '',
        key: images.length === 1 ? name : `${name}/${container}`,
        value: tagOf(image),
      }));
    }),
  );
}

function tagOf(image: string): string {
  const digest = image.split('@')[1];
  if (digest !== undefined) return digest;
  return /:([^/:]+)$/.exec(image)?.[1] ?? image;
}

function linksOf(apps: readonly App[], traceparent: string | undefined): { traceparent: string }[] {
  const all = [...apps.flatMap((app) => app.spanLinks), ...(traceparent === undefined ? [] : [traceparent])];
  return [...new Set(all)].map((link) => ({ traceparent: link }));
}

function appPart(app: App): KeptnPart['apps'][number] {
  return {
    name: app.name,
    version: app.version,
    namespace: app.namespace,
    metadata: app.metadata,
    workloads: app.workloads.map(({ fullName, version, metadata }) => ({
      name: fullName,
      version,
      ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    })),
  };
}

function functionsPart(
  name: string,
  functions: ReadonlyMap<string, string>,
  render: KeptnRender,
): CompiledKeptn['functions'] {
  const bytes = [...functions.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > MAX_FUNCTION_BYTES) {
    throw new StagelineError(
      `the functions of the KeptnTaskDefinitions of ${render.source.path} have ${Math.ceil(bytes / 1024)} KiB together, more than a ConfigMap holds`,
      {
        code: 'KEPTN_FUNCTIONS_TOO_LARGE',
        hint: 'Build the longer ones into an image, or serve them by httpRef',
      },
    );
  }
  return { name, data: Object.fromEntries([...functions].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function labelValue(text: string): string {
  if (text.length <= 63 && /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(text)) return text;
  return `${checkName(text).slice(0, 50)}-${fnv1a(text)}`;
}

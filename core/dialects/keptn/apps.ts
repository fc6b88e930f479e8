/** The applications of a render: KeptnApp, KeptnAppContext and the workloads that name them, put together. */
import { createHash } from 'node:crypto';
import { normalTraceparent } from '../../trace-context.ts';
import type { Lookup } from './lookup.ts';
import { describe, fieldError, listAt, recordAt, textAt, valueAt } from './objects.ts';
import type { NamedObject } from './objects.ts';
import { inOrder, type Workload } from './workloads.ts';

/** Metadata entry that the guide fills with the commit. */
export const COMMIT_KEY = 'commitID';

/** Lists of checks that an application or a workload names. */
export const CHECK_LISTS = [
  'preDeploymentTasks',
  'postDeploymentTasks',
  'preDeploymentEvaluations',
  'postDeploymentEvaluations',
  'promotionTasks',
] as const;
export type CheckList = (typeof CHECK_LISTS)[number];

/** A definition that is named, and where. */
export interface NamedCheck {
  definition: string;
  by: NamedObject;
  field: string;
}

export interface App {
  name: string;
  namespace: string;
  version: string;
  metadata: Record<string, string>;
  /** Well-formed W3C traceparents. */
  spanLinks: string[];
  workloads: Workload[];
  checks: Record<CheckList, NamedCheck[]>;
}

/**
 * Puts the applications together, in the order of their namespaces and names. A workload that names no application is
 * one by itself. Errors: `KEPTN_FIELD`.
 */
export function buildApps(
  lookup: Lookup,
  workloads: readonly Workload[],
  note: (text: string) => void,
): App[] {
  const objects = lookup.ofKind('KeptnApp');
  const contexts = lookup.ofKind('KeptnAppContext');
  const keys = new Set([
    ...[...objects, ...contexts].map(({ namespace, name }) => `${namespace}/${name}`),
    ...workloads.map(({ namespace, app }) => `${namespace}/${app}`),
  ]);
  return [...keys].sort().map((key) => {
    const is = (object: NamedObject): boolean => `${object.namespace}/${object.name}` === key;
    const parts = {
      app: objects.find(is),
      context: contexts.find(is),
      workloads: inOrder(workloads.filter(({ namespace, app }) => `${namespace}/${app}` === key)),
    };
    return buildApp(key, parts, note);
  });
}

interface Parts {
  app: NamedObject | undefined;
  context: NamedObject | undefined;
  workloads: Workload[];
}

function buildApp(key: string, parts: Parts, note: (text: string) => void): App {
  const { app, context, workloads } = parts;
  const slash = key.indexOf('/');
  if (context && !app && workloads.length === 0)
    note(
      `${describe(context)}: no workload of the render belongs to it; Keptn would have left it alone, its checks run here`,
    );
  if (app) checkWorkloads(app, workloads, note);
  return {
    namespace: key.slice(0, slash),
    name: key.slice(slash + 1),
    version: app ? versionOf(app) : computedVersion(workloads),
    metadata: context ? metadataOf(context, note) : {},
    spanLinks: context ? spanLinksOf(context, note) : [],
    workloads,
    checks: {
      preDeploymentTasks: named(parts, 'preDeploymentTasks'),
      postDeploymentTasks: named(parts, 'postDeploymentTasks'),
      preDeploymentEvaluations: named(parts, 'preDeploymentEvaluations'),
      postDeploymentEvaluations: named(parts, 'postDeploymentEvaluations'),
      promotionTasks: named(parts, 'promotionTasks'),
    },
  };
}

/** The lists stood in KeptnApp up to v1alpha3. */
function named(parts: Parts, list: CheckList): NamedCheck[] {
  const checks = [parts.context, parts.app].flatMap((object) => (object ? readList(object, list) : []));
  return checks.filter(
    (check, index) => checks.findIndex((other) => other.definition === check.definition) === index,
  );
}

function readList(object: NamedObject, list: CheckList): NamedCheck[] {
  return listAt(object.object, ['spec', list]).flatMap((entry, index) => {
    const field = `spec.${list}[${index}]`;
    if (typeof entry === 'string' && entry !== '') return [{ definition: entry, by: object, field }];
    throw fieldError(object, field, {
      code: 'KEPTN_FIELD',
      what: `is ${JSON.stringify(entry)}, not the name of a definition`,
      hint: 'Write the name as text',
    });
  });
}

function versionOf(app: NamedObject): string {
  const version = valueAt(app.object, ['spec', 'version']);
  // A version such as 1.10 without quotes is a number by now; Kubernetes would have refused it.
  return typeof version === 'string' || typeof version === 'number' ? String(version) : '';
}

/** Keptn's version of an application that it makes up (keptnappcreationrequest/controller.go). */
function computedVersion(workloads: readonly Workload[]): string {
  const [only] = workloads;
  if (!only) return '';
  if (workloads.length === 1) return only.version;
  const text = workloads.map(({ fullName, version }) => `${fullName}-${version}`).join('');
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}

/** Keptn waits without end for a workload or version that does not come. */
function checkWorkloads(
  app: NamedObject,
  workloads: readonly Workload[],
  note: (text: string) => void,
): void {
  listAt(app.object, ['spec', 'workloads']).forEach((entry, index) => {
    const name = textAt(entry, ['name']) ?? '';
    const version = valueAt(entry, ['version']);
    const workload = workloads.find(
      (candidate) => candidate.name === name || candidate.fullName === `${app.name}-${name}`,
    );
    if (!workload)
      note(`${describe(app)}: spec.workloads[${index}] names "${name}", which is not in the render`);
    else if (String(version).toLowerCase() !== workload.version)
      note(
        `${describe(app)}: spec.workloads[${index}].version is "${String(version)}", the workload's is "${workload.version}"`,
      );
  });
}

function metadataOf(context: NamedObject, note: (text: string) => void): Record<string, string> {
  const entries = Object.entries(recordAt(context.object, ['spec', 'metadata']));
  return Object.fromEntries(
    entries.flatMap(([key, value]) => {
      if (typeof value === 'string') return [[key, value]];
      if (typeof value !== 'number' && typeof value !== 'boolean') return [];
      // 0123456 and 12e4567 are commits that became numbers, and cannot be had back.
      const isLost = key === COMMIT_KEY;
      const taken = isLost ? 'the commit that is delivered' : `"${String(value)}"`;
      note(`${describe(context)}: spec.metadata.${key} is not a text, so quote it; taken is ${taken}`);
      return isLost ? [] : [[key, String(value)]];
    }),
  );
}

/** Charts write `- {{ .Values.traceParent }}`, which is null until the first promotion: reported, and left out. */
function spanLinksOf(context: NamedObject, note: (text: string) => void): string[] {
  return listAt(context.object, ['spec', 'spanLinks']).flatMap((link, index) => {
    const normal = typeof link === 'string' ? normalTraceparent(link) : undefined;
    if (normal !== undefined) return [normal];
    const what = link === null || link === '' ? 'is empty' : 'is no W3C traceparent';
    note(`${describe(context)}: spec.spanLinks[${index}] ${what}; there is no link`);
    return [];
  });
}

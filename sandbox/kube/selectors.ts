/** Label and field selectors in the API server's query syntax. */
import { badRequest } from './errors.ts';
import { valueAt } from './json.ts';
import type { KubeObject } from './types.ts';

type Labels = Readonly<Record<string, string>>;
export type ObjectFilter = (object: KubeObject) => boolean;

/** Whether all wanted labels are there: equality-based matching, as a Service's or Job's selector does it. */
export function hasLabels(object: Pick<KubeObject, 'metadata'>, wanted: Labels): boolean {
  const labels = object.metadata.labels ?? {};
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/**
 * A filter for `labelSelector=a=b,c!=d,e in (f,g),!h`. Throws 400 for a requirement that it cannot read.
 */
export function parseLabelSelector(text: string): ObjectFilter {
  const requirements = splitRequirements(text).map(parseRequirement);
  return (object) => requirements.every((holds) => holds(object.metadata.labels ?? {}));
}

function splitRequirements(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function parseRequirement(text: string): (labels: Labels) => boolean {
  const set = /^([^\s!=(),]+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    if (operator === 'in') return (labels) => values.includes(labels[key] ?? '') && key in labels;
    return (labels) => !(key in labels) || !values.includes(labels[key] ?? '');
  }
  const equality = /^([^\s!=(),]+)\s*(==|=|!=)\s*([^\s!=(),]*)$/.exec(text);
  if (equality !== null) {
    const [, key = '', operator, value] = equality;
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const existence = /^(!?)\s*([^\s!=(),]+)$/.exec(text);
  if (existence === null)
    throw badRequest(`unable to parse requirement: found '${text}', expected: a label requirement`);
  const [, negation, key = ''] = existence;
  return (labels) => key in labels === (negation === '');
}

/** The fields that can be selected on, beside `metadata.name` and `metadata.namespace`. */
const selectableFields: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName', 'status.phase', 'status.podIP'],
  Event: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'reason',
    'source',
    'type',
  ],
  Job: ['status.successful'],
  Secret: ['type'],
  Namespace: ['status.phase'],
};

export interface FieldSelector {
  matches: ObjectFilter;
  /** The value of `metadata.name=`, which authorization takes for the request's name. */
  name: string | undefined;
}

/** A filter for `fieldSelector=metadata.name=a,status.phase!=Failed`. Throws 400 for other fields. */
export function parseFieldSelector(text: string, kind: string): FieldSelector {
  const terms = splitRequirements(text).map((part) => parseFieldTerm(part, kind));
  return {
    matches: (object) =>
      terms.every(({ path, value, negated }) => (String(valueAt(object, path) ?? '') === value) !== negated),
    name: terms.find(({ path, negated }) => path.join('.') === 'metadata.name' && !negated)?.value,
  };
}

function parseFieldTerm(text: string, kind: string): { path: string[]; value: string; negated: boolean } {
  const match = /^([A-Za-z.]+)(==|=|!=)(.*)$/.exec(text);
  if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  const [, field = '', operator, value = ''] = match;
  const known = ['metadata.name', 'metadata.namespace', ...(selectableFields[kind] ?? [])];
  if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
  return { path: field.split('.'), value, negated: operator === '!=' };
}

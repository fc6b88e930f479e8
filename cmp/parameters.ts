/**
 * What an Application says to the plugin: `spec.source.plugin.parameters`, handed over as JSON in
 * ARGOCD_APP_PARAMETERS. The table below is the whole list; names and meaning are Argo CD's own where it has them.
 */
import { StagelineError } from '../core/errors.ts';

/** How Argo CD carries a parameter. `flag` is a string that says true or false. */
export type ParameterType = 'string' | 'flag' | 'array' | 'map';

export interface ParameterSpec {
  type: ParameterType;
  group: 'stageline' | 'helm' | 'kustomize' | 'directory';
  /** Values that a string may have. */
  oneOf?: readonly string[];
}

/** Every parameter, in the order of the Parameters page; parameter-texts.ts says what each is for. */
export const PARAMETERS = {
  pipeline: { group: 'stageline', type: 'string' },
  stage: { group: 'stageline', type: 'string' },
  role: { group: 'stageline', type: 'string', oneOf: ['deliver', 'inject-only'] },
  source: { group: 'stageline', type: 'string', oneOf: ['helm', 'kustomize', 'directory'] },
  inject: { group: 'stageline', type: 'string', oneOf: ['all', 'workloads', 'none'] },
  injectPodTemplates: { group: 'stageline', type: 'flag' },
  injectOtel: { group: 'stageline', type: 'flag' },
  commit: { group: 'stageline', type: 'string', oneOf: ['auto', 'digest'] },
  inputs: { group: 'stageline', type: 'array' },
  keptn: { group: 'stageline', type: 'string', oneOf: ['replace', 'coexist'] },
  determinism: { group: 'stageline', type: 'string', oneOf: ['off', 'warn', 'fail'] },
  releaseName: { group: 'helm', type: 'string' },
  valueFiles: { group: 'helm', type: 'array' },
  ignoreMissingValueFiles: { group: 'helm', type: 'flag' },
  values: { group: 'helm', type: 'string' },
  parameters: { group: 'helm', type: 'map' },
  stringParameters: { group: 'helm', type: 'map' },
  fileParameters: { group: 'helm', type: 'map' },
  skipCrds: { group: 'helm', type: 'flag' },
  skipTests: { group: 'helm', type: 'flag' },
  skipSchemaValidation: { group: 'helm', type: 'flag' },
  chart: { group: 'helm', type: 'string' },
  repoURL: { group: 'helm', type: 'string' },
  version: { group: 'helm', type: 'string' },
  kubeVersion: { group: 'helm', type: 'string' },
  apiVersions: { group: 'helm', type: 'array' },
  namespace: { group: 'helm', type: 'string' },
  images: { group: 'kustomize', type: 'array' },
  namePrefix: { group: 'kustomize', type: 'string' },
  nameSuffix: { group: 'kustomize', type: 'string' },
  commonLabels: { group: 'kustomize', type: 'map' },
  forceCommonLabels: { group: 'kustomize', type: 'flag' },
  labelWithoutSelector: { group: 'kustomize', type: 'flag' },
  labelIncludeTemplates: { group: 'kustomize', type: 'flag' },
  commonAnnotations: { group: 'kustomize', type: 'map' },
  forceCommonAnnotations: { group: 'kustomize', type: 'flag' },
  commonAnnotationsEnvsubst: { group: 'kustomize', type: 'flag' },
  patches: { group: 'kustomize', type: 'string' },
  components: { group: 'kustomize', type: 'array' },
  ignoreMissingComponents: { group: 'kustomize', type: 'flag' },
  replicas: { group: 'kustomize', type: 'map' },
  recurse: { group: 'directory', type: 'flag' },
  include: { group: 'directory', type: 'string' },
  exclude: { group: 'directory', type: 'string' },
} as const satisfies Record<string, ParameterSpec>;

export type ParameterName = keyof typeof PARAMETERS;
type NamesOf<T extends ParameterType> = {
  [Name in ParameterName]: (typeof PARAMETERS)[Name]['type'] extends T ? Name : never;
}[ParameterName];

/** The parameters of one render, each read by its own type. */
export interface Parameters {
  string(name: NamesOf<'string'>): string | undefined;
  flag(name: NamesOf<'flag'>): boolean;
  array(name: NamesOf<'array'>): string[];
  map(name: NamesOf<'map'>): Record<string, string>;
  has(name: ParameterName): boolean;
}

/** Reads ARGOCD_APP_PARAMETERS. Errors: `PARAMETER_INVALID`, `PARAMETER_UNKNOWN`. */
export function readParameters(text: string | undefined): Parameters {
  const values = new Map<ParameterName, string | string[] | Record<string, string>>();
  for (const entry of entries(text)) {
    const name = entry['name'];
    if (!isParameterName(name)) throw unknown(String(name));
    const value = checked(name, entry);
    if (value !== undefined) values.set(name, value);
  }
  return {
    string: (name) => read(values, name, isString),
    flag: (name) => values.get(name) === 'true',
    array: (name) => read(values, name, Array.isArray) ?? [],
    map: (name) => read(values, name, isStringMap) ?? {},
    has: (name) => values.has(name),
  };
}

function entries(text: string | undefined): Record<string, unknown>[] {
  if (text === undefined || text.trim() === '' || text.trim() === 'null') return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new StagelineError('ARGOCD_APP_PARAMETERS is not JSON', {
      code: 'PARAMETER_INVALID',
      hint: 'Let Argo CD set it, or write a JSON list of { "name", "string" | "array" | "map" }',
      cause,
    });
  }
  if (Array.isArray(parsed) && parsed.every((entry) => isRecord(entry))) return parsed;
  throw new StagelineError('ARGOCD_APP_PARAMETERS is no list of objects', {
    code: 'PARAMETER_INVALID',
    hint: 'Write a JSON list of { "name", "string" | "array" | "map" }',
  });
}

function checked(
  name: ParameterName,
  entry: Record<string, unknown>,
): string | string[] | Record<string, string> | undefined {
  const wanted: ParameterSpec = PARAMETERS[name];
  const field = wanted.type === 'flag' ? 'string' : wanted.type;
  const given = (['string', 'array', 'map'] as const).filter(
    (key) => entry[key] !== undefined && entry[key] !== null,
  );
  if (given.length === 0) return undefined;
  const value = entry[field];
  if (given.length > 1 || given[0] !== field)
    throw wrongType(name, wanted, `is given as ${given.join(' and ')}`);
  if (field === 'array') {
    if (Array.isArray(value) && value.every(isString)) return value;
    throw wrongType(name, wanted, 'has entries that are not strings');
  }
  if (field === 'map') {
    if (isStringMap(value)) return value;
    throw wrongType(name, wanted, 'has values that are not strings');
  }
  if (!isString(value)) throw wrongType(name, wanted, 'is not a string');
  if (wanted.type === 'flag' && value !== '' && value !== 'true' && value !== 'false') {
    throw wrongType(name, wanted, `is "${value}"`);
  }
  if (wanted.oneOf && value !== '' && !wanted.oneOf.includes(value)) {
    throw new StagelineError(`plugin parameter "${name}" is "${value}"`, {
      code: 'PARAMETER_INVALID',
      hint: `Use one of: ${wanted.oneOf.join(', ')}`,
    });
  }
  return value === '' ? undefined : value;
}

function wrongType(name: string, wanted: ParameterSpec, problem: string): StagelineError {
  const shape: Record<ParameterType, string> = {
    string: 'string: "…"',
    flag: 'string: "true" or string: "false"',
    array: 'array: ["…"]',
    map: 'map: { key: "…" }',
  };
  return new StagelineError(`plugin parameter "${name}" ${problem}`, {
    code: 'PARAMETER_INVALID',
    hint: `Write it as { name: ${name}, ${shape[wanted.type]} }`,
  });
}

function unknown(name: string): StagelineError {
  const near = Object.keys(PARAMETERS).find(
    (known) => known.toLowerCase() === name.toLowerCase().replace(/[-_]/g, ''),
  );
  return new StagelineError(`plugin parameter "${name}" is not known`, {
    code: 'PARAMETER_UNKNOWN',
    hint: near ? `Write "${near}"` : 'docs/plugin-options.md lists every parameter',
  });
}

function read<T>(
  values: ReadonlyMap<ParameterName, unknown>,
  name: ParameterName,
  is: (value: unknown) => value is T,
): T | undefined {
  const value = values.get(name);
  return is(value) ? value : undefined;
}

function isParameterName(name: unknown): name is ParameterName {
  return typeof name === 'string' && Object.hasOwn(PARAMETERS, name);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStringMap(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every(isString);
}

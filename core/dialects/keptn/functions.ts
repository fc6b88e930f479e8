/**
 * Functions of the deno and python runtimes: where their code comes from, and the container that runs it
 * (lifecycle-operator, keptntask/runtime_builder.go). Code reaches the task as a file of a ConfigMap; only an address
 * (`httpRef`) is left to the runtime.
 */
import { fnv1a } from '../../fnv1a.ts';
import { goJsonMap } from './go-values.ts';
import {
  describe,
  fieldError,
  recordAt,
  textAt,
  textsAt,
  type JsonObject,
  type NamedObject,
} from './objects.ts';
import type { Lookup } from './lookup.ts';
import type { TaskPod } from './plan-part.ts';

export interface RuntimeImages {
  deno: string;
  python: string;
}

/** What Keptn's last chart installs (lifecycle-operator, chart/values.yaml). */
export const DEFAULT_RUNTIME_IMAGES: RuntimeImages = {
  deno: 'ghcr.io/keptn/deno-runtime:v3.0.1',
  python: 'ghcr.io/keptn/python-runtime:v1.0.8',
};

export interface DefinitionContext {
  lookup: Lookup;
  images: RuntimeImages;
  /** ConfigMap of ours that carries the code of the render's functions, and what it carries so far. */
  functionsConfigMap: string;
  functions: Map<string, string>;
  /** Sets of labels so far. */
  labels: Record<string, string>[];
  note: (text: string) => void;
}

type Runtime = 'deno' | 'python';

/** A function with what its own definition and those that it refers to say about it. */
export interface FunctionSource {
  runtime: Runtime;
  code:
    | { kind: 'url'; url: string }
    | { kind: 'own'; key: string; text: string }
    | { kind: 'config-map'; name: string };
  parameters: Record<string, string>;
  secret: string | undefined;
  commandParameters: string | undefined;
}

const MOUNT_PATHS: Record<Runtime, string> = {
  deno: '/var/data/function.ts',
  python: '/var/data/function.py',
};
const CODE_KEY = 'code';
const VOLUME = 'function-mount';

/**
 * Reads a function. With `functionRef` code, image and mount are the parent's, parameters are merged and the child's
 * win. Errors: `KEPTN_FUNCTION_CYCLE`, `KEPTN_MISSING`, `KEPTN_RUNTIME`, `KEPTN_FUNCTION`.
 */
export function readFunction(
  definition: NamedObject,
  context: DefinitionContext,
  children: readonly NamedObject[] = [],
): FunctionSource {
  const spec = recordAt(definition.object, ['spec']);
  const field = runtimeField(spec);
  if (field === undefined) {
    throw fieldError(definition, 'spec', {
      code: 'KEPTN_RUNTIME',
      what: `is no function, but ${children.map(describe).at(-1) ?? 'a definition'} refers to it as one`,
      hint: 'Refer to a definition with deno or python',
    });
  }
  const runtime = recordAt(spec, [field]);
  const own = {
    parameters: textsAt(runtime, ['parameters', 'map']),
    secret: textAt(runtime, ['secureParameters', 'secret']),
    commandParameters: textAt(runtime, ['cmdParameters']),
  };
  const parentName = textAt(runtime, ['functionRef', 'name']);
  if (parentName === undefined) {
    const code = codeOf(definition, { field, runtime }, context);
    return { runtime: field === 'python' ? 'python' : 'deno', code, ...own };
  }
  const parent = parentOf(definition, `spec.${field}.functionRef.name`, {
    name: parentName,
    children,
    context,
  });
  const inherited = readFunction(parent, context, [...children, definition]);
  return {
    ...inherited,
    parameters: { ...inherited.parameters, ...own.parameters },
    secret: own.secret ?? inherited.secret,
    commandParameters: own.commandParameters ?? inherited.commandParameters,
  };
}

function runtimeField(spec: JsonObject): 'deno' | 'function' | 'python' | undefined {
  return (['deno', 'function', 'python'] as const).find(
    (key) => Object.keys(recordAt(spec, [key])).length > 0,
  );
}

function parentOf(
  definition: NamedObject,
  field: string,
  reference: { name: string; children: readonly NamedObject[]; context: DefinitionContext },
): NamedObject {
  const { name, children, context } = reference;
  const parent = context.lookup.find(['KeptnTaskDefinition'], name, definition.namespace);
  if (parent === undefined) {
    throw fieldError(definition, field, {
      code: 'KEPTN_MISSING',
      what: `names "${name}", and the render has no KeptnTaskDefinition of that name`,
      hint: 'Add it to the chart, or correct the name',
    });
  }
  const seen = [...children, definition];
  if (seen.includes(parent)) {
    const circle = [...seen.slice(seen.indexOf(parent)), parent].map(({ name: part }) => part);
    throw fieldError(definition, field, {
      code: 'KEPTN_FUNCTION_CYCLE',
      what: `goes round in a circle: ${circle.join(' -> ')}`,
      hint: 'Give one of them the code itself',
    });
  }
  return parent;
}

/** Inline code goes before a ConfigMap, and a ConfigMap before an address, as in Keptn. */
function codeOf(
  definition: NamedObject,
  from: { field: string; runtime: JsonObject },
  context: DefinitionContext,
): FunctionSource['code'] {
  const { runtime, field } = from;
  const inline = textAt(runtime, ['inline', 'code']);
  if (inline !== undefined) {
    if (ignoresRefusals(inline))
      context.note(
        `${describe(definition)}: spec.${field}.inline.code does not look at the answer of its dispatch, so that a refusal such as 401 counts as a success; throw unless response.ok`,
      );
    return { kind: 'own', key: keyOf(definition), text: inline };
  }
  const configMap = textAt(runtime, ['configMapRef', 'name']);
  if (configMap !== undefined) {
    const rendered = context.lookup.find(['ConfigMap'], configMap, definition.namespace);
    const text = rendered && textAt(rendered.object, ['data', CODE_KEY]);
    // One of the render itself is not there yet when the first hook runs, or still that of the last version.
    if (text !== undefined) return { kind: 'own', key: keyOf(definition), text };
    if (rendered) {
      throw fieldError(rendered, `data.${CODE_KEY}`, {
        code: 'KEPTN_FUNCTION',
        what: `is missing, and ${describe(definition)} takes its function from there`,
        hint: `Put the function's code under the key ${CODE_KEY}`,
      });
    }
    return { kind: 'config-map', name: configMap };
  }
  const url = textAt(runtime, ['httpRef', 'url']);
  if (url !== undefined) return { kind: 'url', url };
  throw fieldError(definition, `spec.${field}`, {
    code: 'KEPTN_FUNCTION',
    what: 'has no code',
    hint: 'Give it one of inline.code, configMapRef.name, httpRef.url, functionRef.name',
  });
}

/** Keptn's published guide starts a workflow so, and never learns that it did not start. */
function ignoresRefusals(code: string): boolean {
  return /\/dispatches\b/.test(code) && !/\.(ok|status)\b/.test(code);
}

/** A key of a ConfigMap has at most 253 characters; a namespace and a name together may have more. */
function keyOf(definition: NamedObject): string {
  const key = `${definition.namespace}.${definition.name}`;
  return key.length <= 253 ? key : `${key.slice(0, 244)}-${fnv1a(key)}`;
}

/** The container that runs a function, its variables in Keptn's order. */
export function functionContainer(
  source: FunctionSource,
  context: DefinitionContext,
): { image: string } & Pick<TaskPod, 'container' | 'volumes'> {
  const { runtime, code } = source;
  const mountPath = MOUNT_PATHS[runtime];
  const isFile = code.kind !== 'url';
  if (code.kind === 'own') context.functions.set(code.key, code.text);
  const env: JsonObject[] = [
    ...(Object.keys(source.parameters).length === 0
      ? []
      : [{ name: 'DATA', value: goJsonMap(source.parameters) }]),
    { name: 'KEPTN_CONTEXT', value: '' },
    { name: 'CMD_ARGS', value: source.commandParameters ?? '' },
    ...(source.secret === undefined
      ? []
      : [
          {
            name: 'SECURE_DATA',
            valueFrom: { secretKeyRef: { name: source.secret, key: 'SECURE_DATA' } },
          },
        ]),
    { name: 'SCRIPT', value: isFile ? mountPath : code.url },
  ];
  const mount = { name: VOLUME, readOnly: true, mountPath, subPath: CODE_KEY };
  return {
    image: context.images[runtime],
    container: {
      name: 'keptn-function-runner',
      imagePullPolicy: 'IfNotPresent',
      env,
      ...(isFile ? { volumeMounts: [mount] } : {}),
    },
    ...(isFile ? { volumes: [functionVolume(code, context)] } : {}),
  };
}

function functionVolume(
  code: Exclude<FunctionSource['code'], { kind: 'url' }>,
  context: DefinitionContext,
): JsonObject {
  if (code.kind === 'config-map') return { name: VOLUME, configMap: { name: code.name } };
  const items = [{ key: code.key, path: CODE_KEY }];
  return { name: VOLUME, configMap: { name: context.functionsConfigMap, items } };
}

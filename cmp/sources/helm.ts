/** Helm: the application's own chart, or a remote one with the values of this repository. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import type { RunResult } from '../../runtime/process.ts';
import type { HeadStart } from '../head-start.ts';
import type { Parameters } from '../parameters.ts';
import { isFile, repositoryPath, resolveInside } from '../place.ts';
import { runRenderer } from '../renderer.ts';
import { substitute } from '../substitute.ts';
import { clusterOf } from './cluster.ts';
import { helmEnvironment, offlineEnvironment } from './helm-environment.ts';
import type { RemoteChart } from './helm-remote.ts';
import { refuseOutsideLinks } from './links.ts';
import { localDependencies } from './local-dependencies.ts';
import type { Source, SourceContext, Version } from './types.ts';

const COMMIT_KEY = 'commitID';
const TRACEPARENT_KEY = 'traceParent';

/** A value file that a render reads: a path inside the repository, or an address. */
interface ValueFile {
  argument: string;
  absolute?: string;
}

/** Finds the files and options of a Helm render. Errors: `VALUES_MISSING`, `PATH_OUTSIDE`, `PARAMETER_INVALID`. */
export async function prepareHelm(context: SourceContext): Promise<Source> {
  const { place, parameters } = context;
  const remote = await remoteOf(parameters);
  const valueFiles = findValueFiles(context);
  const fileParameters = Object.entries(parameters.map('fileParameters')).map(([key, named]) => {
    const path = substitute(named, context);
    const what = `file parameter ${key}`;
    if (ADDRESS.test(path)) return { key: checkedKey(key), ...remoteFile(context, path, what) };
    const absolute = resolveInside(place, path, what);
    return { key: checkedKey(key), argument: fromHere(context, absolute), absolute };
  });
  const texts = valueTexts(context, remote === undefined, valueFiles);
  const declared = declaredKeys(parameters, texts);
  const local = remote === undefined ? localDependencies(place) : [];
  return {
    kind: 'helm',
    outside: [
      ...valueFileInputs(context, valueFiles).map((path) => repositoryPath(place, path)),
      ...fileParameters.flatMap(({ absolute }) => (absolute ? [repositoryPath(place, absolute)] : [])),
      ...local.map((path) => repositoryPath(place, path)),
    ],
    // What a remote chart declares is known only when it is here.
    needsVersion:
      remote !== undefined || declared.commit || declared.traceparent || mentionsRevision(context),
    valuesTraceparent: texts.map(traceparentIn).findLast((text) => text !== undefined) || undefined,
    render: (version, signal) =>
      renderHelm(
        signal ? { ...context, signal: AbortSignal.any([context.signal, signal]) } : context,
        { remote, valueFiles, fileParameters, texts, local },
        version,
      ),
  };
}

/** Helm would take what follows a comma or an equals sign for a path of its own, which leads anywhere. */
function checkedKey(key: string): string {
  if (!/(^|[^\\])[,=]/.test(key)) return key;
  throw new StagelineError(`plugin parameter "fileParameters" has the key "${key}"`, {
    code: 'PARAMETER_INVALID',
    hint: 'Name one value of the chart, such as motd.text; each file has an entry of its own',
  });
}

/** What is known of a render before Helm starts. */
export interface Prepared {
  remote: RemoteChart | undefined;
  valueFiles: ValueFile[];
  fileParameters: (ValueFile & { key: string })[];
  texts: string[];
  /** Absolute paths of local dependencies. */
  local: string[];
}

/** Keys that the plugin sets, if a chart declares them and the Application does not set them itself. */
interface DeclaredKeys {
  commit: boolean;
  traceparent: boolean;
}

function declaredKeys(parameters: Parameters, texts: readonly string[]): DeclaredKeys {
  const own = parameters.string('values') ?? '';
  const declares = (key: string): boolean =>
    !(key in parameters.map('parameters')) &&
    !(key in parameters.map('stringParameters')) &&
    !setsValue(own, key) &&
    texts.some((text) => new RegExp(`^["']?${key}["']?[ \\t]*:`, 'm').test(text));
  return { commit: declares(COMMIT_KEY), traceparent: declares(TRACEPARENT_KEY) };
}

/** Whether the Application's own values give the key a value: then it is not the plugin's to set. */
function setsValue(values: string, key: string): boolean {
  const value = new RegExp(`^["']?${key}["']?[ \\t]*:([^#\\r\\n]*)`, 'm').exec(values)?.[1]?.trim();
  return value !== undefined && !['', '""', "''", '~', 'null'].includes(value);
}

async function remoteOf(parameters: Parameters): Promise<RemoteChart | undefined> {
  if (!(['chart', 'repoURL', 'version'] as const).some((name) => parameters.has(name))) return undefined;
  return (await import('../parsers.ts')).remoteChart(parameters);
}

async function renderHelm(
  context: SourceContext,
  prepared: Prepared,
  version: Version | undefined,
): Promise<string> {
  const { place, settings, parameters } = context;
  const { remote } = prepared;
  const env = helmEnvironment(context);
  const chart =
    remote === undefined ? '.' : await (await import('../parsers.ts')).pullChart(context, remote, env);
  const values = parameters.string('values');
  const chartTexts = remote === undefined ? [] : textsOf([join(chart, 'values.yaml')]);
  const declared = declaredKeys(parameters, [...chartTexts, ...prepared.texts]);
  const files = [...prepared.valueFiles, ...prepared.fileParameters];
  const isOffline = files.every(({ absolute }) => absolute !== undefined);
  const template = (headStart?: HeadStart): Promise<RunResult> =>
    runRenderer({
      program: settings.helm,
      args: templateArgs(context, prepared, { chart, version, declared }),
      cwd: place.dir,
      env: isOffline ? offlineEnvironment(context) : env,
      signal: context.signal,
      maxBytes: settings.maxRenderBytes,
      ...(values === undefined ? {} : { input: values }),
      headStart,
    });
  const first = template(isOffline && !bringsValues(parameters) ? context.headStart : undefined);
  try {
    // While Helm runs; what it makes of such a link is thrown away.
    refuseOutsideLinks(place, [place.dir, ...prepared.local]);
  } catch (error) {
    first.catch(() => undefined);
    throw error;
  }
  const result = await first;
  if (result.exitCode === 0) return result.stdout.toString('latin1');
  const { afterFailure } = await import('../lazy.ts');
  return afterFailure(context, { prepared, result, env, template });
}

/** Whether the Application itself has values, any of which may be secret. */
function bringsValues(parameters: Parameters): boolean {
  return (['values', 'parameters', 'stringParameters'] as const).some((name) => parameters.has(name));
}

/** The arguments in Argo CD's own order (util/helm/cmd.go); Helm gives --set, --set-string and --set-file their precedence. */
function templateArgs(
  context: SourceContext,
  prepared: Prepared,
  render: { chart: string; version: Version | undefined; declared: DeclaredKeys },
): string[] {
  const { parameters, application, env } = context;
  const { version, declared } = render;
  const { kubeVersion, apiVersions } = clusterOf(parameters, env);
  const text = (value: string): string => escapeCommas(substitute(value, context, version));
  return [
    'template',
    '--namespace',
    parameters.string('namespace') ?? application.namespace,
    ...(kubeVersion ? ['--kube-version', kubeVersion] : []),
    ...apiVersions.flatMap((api) => ['--api-versions', api]),
    ...(parameters.flag('skipCrds') ? ['--skip-crds'] : ['--include-crds']),
    ...(parameters.flag('skipTests') ? ['--skip-tests'] : []),
    ...(parameters.flag('skipSchemaValidation') ? ['--skip-schema-validation'] : []),
    ...prepared.valueFiles.flatMap(({ argument }) => ['--values', asOneOfSeveral(argument)]),
    ...(parameters.has('values') ? ['--values', '-'] : []),
    ...Object.entries(parameters.map('parameters')).flatMap(([key, value]) => [
      '--set',
      `${key}=${text(value)}`,
    ]),
    ...(declared.commit && version ? ['--set-string', `${COMMIT_KEY}=${version.commitId}`] : []),
    ...(declared.traceparent && version
      ? ['--set-string', `${TRACEPARENT_KEY}=${version.traceparent ?? ''}`]
      : []),
    ...Object.entries(parameters.map('stringParameters')).flatMap(([key, value]) => [
      '--set-string',
      `${key}=${text(value)}`,
    ]),
    ...prepared.fileParameters.flatMap(({ key, argument }) => [
      '--set-file',
      `${key}=${escapeCommas(argument)}`,
    ]),
    // A release name is a user's: behind this it is no option, such as a program to run or a file to read.
    '--',
    releaseName(context),
    render.chart,
  ];
}

/** Argo CD names the release after the Application, without the namespace of applications elsewhere. */
function releaseName(context: SourceContext): string {
  const named = context.parameters.string('releaseName');
  return named ?? context.application.name.replace(/^[^_]*_/, '');
}

/** Helm reads such an option as a line of CSV, in which a comma begins a further file, anywhere. */
function asOneOfSeveral(value: string): string {
  return /[,"\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** As Argo CD does: a comma would begin a further parameter. One that is escaped already, or part of a list, stays. */
function escapeCommas(value: string): string {
  if (/^\{.*\}$/s.test(value)) return value;
  return value.replace(/(^|[^\\]),/g, '$1\\,').replace(/(^|[^\\]),/g, '$1\\,');
}

function mentionsRevision(context: SourceContext): boolean {
  const { parameters } = context;
  const values = [
    ...Object.values(parameters.map('parameters')),
    ...Object.values(parameters.map('stringParameters')),
  ];
  return values.some((value) => value.includes('ARGOCD_APP_REVISION'));
}

/**
 * Value files in order: relative to the application or to the root, globs sorted by name, addresses as they are. As
 * Argo CD does, each is taken once, where it stands first, and one that is named is taken out of globs.
 */
function findValueFiles(context: SourceContext): ValueFile[] {
  const { place } = context;
  const named = context.parameters.array('valueFiles').map((name) => {
    const path = substitute(name, context);
    const isAddress = ADDRESS.test(path);
    return { path, isAddress, absolute: isAddress ? path : resolveInside(place, path, 'value file') };
  });
  const explicit = new Set(named.filter(({ path }) => !GLOB.test(path)).map(({ absolute }) => absolute));
  const files = named.flatMap(({ path, isAddress, absolute }) => {
    if (isAddress) return [remoteFile(context, path, 'value file')];
    const isGlob = GLOB.test(path);
    const found = filesNamed(path, absolute);
    if (found.length === 0) return missingValueFile(context, path, absolute);
    return found
      .filter((file) => !isGlob || !explicit.has(file))
      .map((file) => {
        resolveInside(place, `/${relative(place.root, file)}`, 'value file');
        return { argument: fromHere(context, file), absolute: file };
      });
  });
  return [...new Map(files.map((file) => [file.argument, file])).values()];
}

const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\//;
const GLOB = /[*?[{]/;

/** The files that a value file's name stands for, by name; `absolute` is where it leads. */
export function filesNamed(name: string, absolute: string): string[] {
  return (GLOB.test(name) ? globSync(absolute).sort() : [absolute]).filter(isFile);
}

/** Nothing, where that is allowed. Errors: `VALUES_MISSING`. */
function missingValueFile(context: SourceContext, path: string, absolute: string): [] {
  const isThere = path === '' || existsSync(absolute);
  if (!isThere && context.parameters.flag('ignoreMissingValueFiles')) return [];
  throw new StagelineError(
    `value file "${path}" of ${context.place.path} ${isThere ? 'is no file' : 'does not exist'}`,
    {
      code: 'VALUES_MISSING',
      hint: isThere ? 'Name a file' : 'Add it, or set the plugin parameter "ignoreMissingValueFiles"',
    },
  );
}

/**
 * What value files stand for in the commit: also those that are not there, for then their removal made this version,
 * and the folder of a glob. The whole repository is none.
 */
function valueFileInputs(context: SourceContext, files: readonly ValueFile[]): string[] {
  const { place, parameters } = context;
  const named = parameters
    .array('valueFiles')
    .map((name) => substitute(name, context))
    .filter((path) => path !== '' && !ADDRESS.test(path))
    .map((path) => {
      const fixed = GLOB.test(path) ? path.slice(0, path.search(GLOB)).replace(/[^/]*$/, '') || '.' : path;
      return resolveInside(place, fixed, 'value file');
    });
  const found = files.flatMap(({ absolute }) => absolute ?? []);
  return [...new Set([...found, ...named])].filter((path) => path !== place.root);
}

/** A file at an address whose scheme the admin allows. Errors: `VALUES_SCHEME`. */
function remoteFile(context: SourceContext, path: string, what: string): ValueFile {
  const scheme = path.slice(0, path.indexOf(':'));
  if (context.settings.valuesSchemes.includes(scheme)) return { argument: path };
  throw new StagelineError(
    `${what} of ${context.place.path} is at a ${scheme} address, which is not allowed here`,
    {
      code: 'VALUES_SCHEME',
      hint: 'Put the file into the repository, or let the admin set STAGELINE_VALUES_SCHEMES',
    },
  );
}

/** Relative, for Argo CD hands over another folder each time; with a dot at the beginning, for "-" would be stdin. */
function fromHere({ place }: SourceContext, absolute: string): string {
  const path = relative(place.dir, absolute);
  return path.startsWith('..') ? path : `./${path}`;
}

/** The texts of the chart's own values and of the value files, for keys that are looked for in them. */
function valueTexts(context: SourceContext, ownChart: boolean, files: readonly ValueFile[]): string[] {
  const paths = [
    ...(ownChart ? [resolveInside(context.place, 'values.yaml', 'value file')] : []),
    ...files.flatMap(({ absolute }) => absolute ?? []),
  ];
  return [...textsOf(paths), context.parameters.string('values') ?? ''];
}

function textsOf(paths: readonly string[]): string[] {
  return paths.filter(isFile).map((path) => readFileSync(path, 'utf8'));
}

/** Empty where the text takes away what an earlier one says. */
function traceparentIn(text: string): string | undefined {
  const value = /^["']?traceParent["']?[ \t]*:[ \t]*["']?([^"'#\r\n]*?)["']?[ \t]*(?:#.*)?\r?$/m
    .exec(text)?.[1]
    ?.trim();
  return value === '~' || value === 'null' ? '' : value;
}

/** Kustomize: `kubectl kustomize`, or a kustomize program where the admin brings one. */
import { cpSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { renderFailed } from '../failure.ts';
import { isInside, repositoryPath, resolveInside } from '../place.ts';
import { runRenderer } from '../renderer.ts';
import { keyValueLines, secretValues } from '../scrub.ts';
import { findKustomization } from './detect.ts';
import { clusterOf } from './cluster.ts';
import { helmEnvironment } from './helm-environment.ts';
import { editedKustomization, editsKustomization, parseKustomization } from './kustomization.ts';
import { kustomizeInputs } from './kustomize-inputs.ts';
import { withoutObjects } from './kustomize-reason.ts';
import { refuseOutsideLinks } from './links.ts';
import type { Source, SourceContext, Version } from './types.ts';

/** Finds bases and options of a Kustomize build. Errors: `PATH_OUTSIDE`, `KUSTOMIZATION_INVALID`. */
export function prepareKustomize(context: SourceContext): Source {
  const { place, parameters } = context;
  const inputs = kustomizeInputs(place);
  const components = parameters.array('components').map((path) => resolveInside(place, path, 'component'));
  refuseOutsideLinks(place, [place.dir, ...inputs, ...components]);
  const outside = [...inputs, ...components].filter((path) => !isInside(place.dir, path));
  return {
    kind: 'kustomize',
    outside: outside.map((path) => repositoryPath(place, path)),
    needsVersion: mentionsRevision(context),
    valuesTraceparent: undefined,
    render: (version) => render(context, version),
  };
}

async function render(context: SourceContext, version: Version | undefined): Promise<string> {
  const { place, parameters } = context;
  if (!editsKustomization(parameters)) return build(context, place.dir);
  const name = findKustomization(place.dir) ?? 'kustomization.yaml';
  const file = join(place.dir, name);
  const original = readFileSync(file, 'utf8');
  const edited = editedKustomization(
    parseKustomization(original, relative(place.root, file)),
    context,
    version,
  );
  if (!context.ownsTree)
    return onCopy(context, (dir) => writeAndBuild(context, { file: join(dir, name), edited, dir }));
  try {
    return await writeAndBuild(context, { file, edited, dir: place.dir });
  } finally {
    // A second render for comparison, and the digest of the inputs, want the file as it was.
    replaceFile(file, original);
  }
}

async function writeAndBuild(
  context: SourceContext,
  job: { file: string; edited: string; dir: string },
): Promise<string> {
  replaceFile(job.file, job.edited);
  return build(context, job.dir);
}

/** Never through a link, which might lead to another application's file. */
function replaceFile(file: string, text: string): void {
  if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(file);
  writeFileSync(file, text);
}

/** At a terminal the files are the user's: they are changed in a copy only. */
async function onCopy(context: SourceContext, work: (dir: string) => Promise<string>): Promise<string> {
  const { place } = context;
  const copy = mkdtempSync(join(tmpdir(), 'stageline-kustomize-'));
  try {
    cpSync(place.root, copy, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => basename(path) !== '.git',
    });
    return await work(join(copy, relative(place.root, place.dir)));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function build(context: SourceContext, dir: string): Promise<string> {
  const { kustomizeBuildOptions: options, helm } = context.settings;
  if (!options.includes('--enable-helm') || options.join(' ').includes('--helm-command'))
    return runBuild(context, dir);
  const folder = mkdtempSync(join(tmpdir(), 'stageline-kustomize-helm-'));
  try {
    const script = join(folder, 'helm');
    writeFileSync(script, helmScript(helm), { mode: 0o700 });
    return await runBuild(context, dir, script);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Kustomize before 5.8, as in kubectl, asks `helm version -c --short` and takes 3 only; Helm 4 has no `-c`, and renders
 * by the same arguments. Later ones ask without `-c` and know both.
 */
function helmScript(helm: string): string {
  return [
    '#!/bin/sh',
    '[ "$1 $2" = "version -c" ] && echo v3.0.0 && exit',
    `exec '${helm.replaceAll("'", String.raw`'\''`)}' "$@"`,
    '',
  ].join('\n');
}

async function runBuild(context: SourceContext, dir: string, script?: string): Promise<string> {
  const { settings } = context;
  const [program, verb] =
    settings.kustomize === undefined ? [settings.kubectl, 'kustomize'] : [settings.kustomize, 'build'];
  const result = await runRenderer({
    program,
    args: [verb, dir, ...settings.kustomizeBuildOptions, ...helmOptions(context, script)],
    cwd: dir,
    env: helmEnvironment(context),
    signal: context.signal,
    maxBytes: settings.maxRenderBytes,
  });
  if (result.exitCode === 0) return result.stdout.toString('latin1');
  const secrets = secretValues(keyValueLines(context.parameters.string('patches') ?? ''));
  const reason = result.stderr.replaceAll(dir, () => context.place.path);
  const named = script === undefined ? reason : reason.replaceAll(script, () => settings.helm);
  throw renderFailed(
    { ...result, stderr: withoutObjects(named) },
    {
      code: 'KUSTOMIZE_FAILED',
      what: `kustomize build ${context.place.path}`,
      hint: 'Run "stageline render" in the application’s folder to see the same',
      secrets,
    },
  );
}

/** Kustomize's Helm generator is the admin's to allow; which Helm it runs is too. */
function helmOptions(context: SourceContext, script: string | undefined): string[] {
  const { settings, parameters, env } = context;
  if (!settings.kustomizeBuildOptions.includes('--enable-helm')) return [];
  const { kubeVersion, apiVersions } = clusterOf(parameters, env);
  return [
    ...(script === undefined ? [] : ['--helm-command', script]),
    ...(kubeVersion ? ['--helm-kube-version', kubeVersion] : []),
    ...apiVersions.flatMap((api) => ['--helm-api-versions', api]),
  ];
}

function mentionsRevision(context: SourceContext): boolean {
  const { parameters } = context;
  return [
    ...parameters.array('images'),
    ...Object.values(parameters.map('commonLabels')),
    ...(parameters.flag('commonAnnotationsEnvsubst')
      ? Object.values(parameters.map('commonAnnotations'))
      : []),
    parameters.string('namePrefix') ?? '',
    parameters.string('nameSuffix') ?? '',
  ].some((value) => value.includes('ARGOCD_APP_REVISION'));
}

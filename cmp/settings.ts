/**
 * The admin's settings: variables of the sidecar's own environment. Their prefix STAGELINE_ cannot be set by users,
 * since Argo CD prefixes what an Application brings with ARGOCD_ENV_ and PARAM_.
 */
import { parseDuration } from '../core/duration.ts';
import { StagelineError } from '../core/errors.ts';

export interface Settings {
  /** STAGELINE_HELM: program; default `helm` on PATH. */
  helm: string;
  /** STAGELINE_KUBECTL: a kubectl with Kustomize in it; default `kubectl` on PATH. */
  kubectl: string;
  /** STAGELINE_KUSTOMIZE: a kustomize program to use in place of `kubectl kustomize`. */
  kustomize: string | undefined;
  /** STAGELINE_KUSTOMIZE_BUILD_OPTIONS: space-separated, as Argo CD's `kustomize.buildOptions`. */
  kustomizeBuildOptions: string[];
  /** STAGELINE_HOOK_IMAGE: image of hook Jobs, unless the pipeline file names another. */
  hookImage: string | undefined;
  /** STAGELINE_HOOK_ENV_<NAME>: becomes <NAME> in hook Jobs. */
  hookEnv: Record<string, string>;
  /** STAGELINE_DEADLINE: of one render, in ms; below the 60 s after which Argo CD kills without a word. */
  deadlineMs: number;
  /** STAGELINE_GIT_TIMEOUT: of one Git command, in ms. */
  gitTimeoutMs: number;
  /** STAGELINE_MAX_RENDER_MIB: largest render. */
  maxRenderBytes: number;
  /** STAGELINE_CONCURRENCY: renders at once in this sidecar; default by its memory limit. */
  concurrency: number | undefined;
  /** STAGELINE_CACHE_DIR: Helm's downloads, kept from render to render; default a folder in the temp folder. */
  cacheDir: string | undefined;
  /** STAGELINE_VALUES_SCHEMES: schemes of remote values files; as Argo CD's `helm.valuesFileSchemes`. */
  valuesSchemes: string[];
  /** STAGELINE_REGISTRY_CONFIG and STAGELINE_REPOSITORY_CONFIG: Helm's files with credentials. */
  helmRegistryConfig: string | undefined;
  helmRepositoryConfig: string | undefined;
  /** STAGELINE_KEPTN_DENO_IMAGE, _PYTHON_IMAGE: runtimes of Keptn's functions; STAGELINE_KEPTN_NAMESPACE: Keptn's own. */
  keptn: { denoImage: string | undefined; pythonImage: string | undefined; namespace: string | undefined };
  /** STAGELINE_HELM_PLAIN_HTTP: registries without TLS, for laptops and tests. */
  helmPlainHttp: boolean;
}

const HOOK_ENV_PREFIX = 'STAGELINE_HOOK_ENV_';
const MIB = 1024 * 1024;

/** Reads and checks the settings. Errors: `SETTING_INVALID` that names the variable. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    helm: text(env, 'STAGELINE_HELM') ?? 'helm',
    kubectl: text(env, 'STAGELINE_KUBECTL') ?? 'kubectl',
    kustomize: text(env, 'STAGELINE_KUSTOMIZE'),
    kustomizeBuildOptions: words(env, 'STAGELINE_KUSTOMIZE_BUILD_OPTIONS'),
    hookImage: text(env, 'STAGELINE_HOOK_IMAGE'),
    hookEnv: hookEnv(env),
    deadlineMs: duration(env, 'STAGELINE_DEADLINE', 50_000),
    gitTimeoutMs: duration(env, 'STAGELINE_GIT_TIMEOUT', 20_000),
    maxRenderBytes: (whole(env, 'STAGELINE_MAX_RENDER_MIB') ?? 64) * MIB,
    concurrency: whole(env, 'STAGELINE_CONCURRENCY'),
    cacheDir: text(env, 'STAGELINE_CACHE_DIR'),
    valuesSchemes: (text(env, 'STAGELINE_VALUES_SCHEMES') ?? 'https,http')
      .split(',')
      .map((part) => part.trim()),
    helmRegistryConfig: text(env, 'STAGELINE_REGISTRY_CONFIG'),
    helmRepositoryConfig: text(env, 'STAGELINE_REPOSITORY_CONFIG'),
    keptn: {
      denoImage: text(env, 'STAGELINE_KEPTN_DENO_IMAGE'),
      pythonImage: text(env, 'STAGELINE_KEPTN_PYTHON_IMAGE'),
      namespace: text(env, 'STAGELINE_KEPTN_NAMESPACE'),
    },
    helmPlainHttp: flag(env, 'STAGELINE_HELM_PLAIN_HTTP'),
  };
}

function text(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? undefined : value;
}

function words(env: NodeJS.ProcessEnv, name: string): string[] {
  return text(env, name)?.split(/\s+/) ?? [];
}

function whole(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const value = text(env, name);
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw invalid(name, value, 'a whole number of at least 1');
}

function flag(env: NodeJS.ProcessEnv, name: string): boolean {
  const value = text(env, name) ?? 'false';
  if (value === 'true' || value === 'false') return value === 'true';
  throw invalid(name, value, '"true" or "false"');
}

function duration(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const value = text(env, name);
  if (value === undefined) return fallback;
  const ms = parseDuration(value);
  if (ms !== undefined && ms >= 1) return ms;
  throw invalid(name, value, 'a duration such as 30s');
}

function hookEnv(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = Object.keys(env).filter(
    (name) => name.startsWith(HOOK_ENV_PREFIX) && name.length > HOOK_ENV_PREFIX.length,
  );
  return Object.fromEntries(
    names.sort().map((name) => [name.slice(HOOK_ENV_PREFIX.length), env[name] ?? '']),
  );
}

function invalid(name: string, value: string, expected: string): StagelineError {
  return new StagelineError(`the sidecar's variable ${name} is "${value}"`, {
    code: 'SETTING_INVALID',
    hint: `Set it to ${expected} in the plugin's Deployment, or take it out`,
    blame: 'setup',
  });
}

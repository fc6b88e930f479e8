/** The environment that the repo server gives a plugin for one render (facts: argocd section 1). */
import type { ApplicationSource } from './application.ts';

export interface RenderContext {
  /** Instance name: `<namespace>_<name>` outside the control plane's namespace. */
  appName: string;
  destinationNamespace: string;
  project: string;
  revision: string;
  source: ApplicationSource;
  kubeVersion: string;
  apiVersions: string[];
}

/** Request environment in Argo CD's order; of two entries with one name, the later wins. */
export function requestEnvironment(context: RenderContext): Record<string, string> {
  const { source, revision } = context;
  const environment: Record<string, string> = {
    ARGOCD_APP_NAME: context.appName,
    ARGOCD_APP_NAMESPACE: context.destinationNamespace,
    ARGOCD_APP_PROJECT_NAME: context.project,
    ARGOCD_APP_REVISION: revision,
    ARGOCD_APP_REVISION_SHORT: revision.slice(0, 7),
    ARGOCD_APP_REVISION_SHORT_8: revision.slice(0, 8),
    ARGOCD_APP_SOURCE_REPO_URL: source.repoURL,
    ARGOCD_APP_SOURCE_PATH: source.path ?? '',
    ARGOCD_APP_SOURCE_TARGET_REVISION: source.targetRevision ?? '',
    KUBE_VERSION: context.kubeVersion,
    KUBE_API_VERSIONS: context.apiVersions.join(','),
  };
  for (const entry of source.plugin?.env ?? []) {
    environment[`ARGOCD_ENV_${entry.name}`] = expand(entry.value, environment);
  }
  return { ...environment, ...parameterEnvironment(source.plugin?.parameters ?? []) };
}

type PluginParameters = NonNullable<NonNullable<ApplicationSource['plugin']>['parameters']>;

function parameterEnvironment(parameters: PluginParameters): Record<string, string> {
  const environment: Record<string, string> = { ARGOCD_APP_PARAMETERS: JSON.stringify(parameters) };
  for (const parameter of parameters) {
    const name = `PARAM_${escaped(parameter.name)}`;
    if (parameter.string !== undefined) environment[name] = parameter.string;
    for (const [key, value] of Object.entries(parameter.map ?? {}))
      environment[`${name}_${escaped(key)}`] = value;
    (parameter.array ?? []).forEach((value, index) => {
      environment[`${name}_${index}`] = value;
    });
  }
  return environment;
}

function escaped(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
}

/** `$NAME` and `${NAME}` from the request's own variables; `$$` is a dollar sign. */
function expand(text: string, variables: Record<string, string>): string {
  return text.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (match, braced?: string, bare?: string) => {
    if (match === '$$') return '$';
    return variables[braced ?? bare ?? ''] ?? '';
  });
}

/** Argo CD's build environment in texts of an Application: `$ARGOCD_APP_NAME`, `${ARGOCD_APP_NAME}`, `$$`. */
import type { Application, Place } from './place.ts';
import type { Version } from './sources/types.ts';

/**
 * Replaces variables as Argo CD does for its own sources; one that is not known stays as it is written.
 * `ARGOCD_APP_REVISION` gives the path-scoped commit: the head of the repository must not reach a compared resource.
 */
export function substitute(
  text: string,
  from: { application: Application; place: Place; env: NodeJS.ProcessEnv },
  version?: Version,
): string {
  if (!text.includes('$')) return text;
  const revision = version?.commitId ?? '';
  const known: Record<string, string | undefined> = {
    ARGOCD_APP_NAME: from.application.name,
    ARGOCD_APP_NAMESPACE: from.application.namespace,
    ARGOCD_APP_PROJECT_NAME: from.env['ARGOCD_APP_PROJECT_NAME'],
    ARGOCD_APP_REVISION: revision,
    ARGOCD_APP_REVISION_SHORT: revision.slice(0, 7),
    ARGOCD_APP_REVISION_SHORT_8: revision.slice(0, 8),
    ARGOCD_APP_SOURCE_PATH: from.place.path,
    ARGOCD_APP_SOURCE_REPO_URL: from.application.repoURL,
    ARGOCD_APP_SOURCE_TARGET_REVISION: from.application.targetRevision,
    KUBE_VERSION: from.env['KUBE_VERSION'],
    KUBE_API_VERSIONS: from.env['KUBE_API_VERSIONS'],
  };
  return text.replace(
    /\$(?:\$|\{(\w+)\}|(\w+))/g,
    (whole, braced: string | undefined, bare: string | undefined) => {
      if (whole === '$$') return '$';
      return known[braced ?? bare ?? ''] ?? whole;
    },
  );
}

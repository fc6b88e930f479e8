/** Addresses that the tab may link to: http and https only, whatever a ledger says. */
import { text } from './text.ts';

/** The address as the browser will read it, or undefined if it is not one of http or https. */
export function webLink(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 2000 || !/^https?:\/\//i.test(value)) return undefined;
  const url = parsedUrl(value);
  if (url === undefined) return undefined;
  // Credentials in an address would be sent on by a click and shown to everybody who hovers.
  if (url.username !== '' || url.password !== '') return undefined;
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined;
}

/** Browsers that Argo CD still serves lack `URL.canParse`. */
function parsedUrl(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

/** What the page of a promotion is, by its address: GitHub, Gitea and Forgejo, GitLab. */
export function requestLabel(link: string): string {
  const [, kind, number] = /\/(pulls?|merge_requests)\/(\d{1,9})(?:$|[/?#])/.exec(link) ?? [];
  if (number === undefined) return 'Open';
  return `${kind === 'merge_requests' ? 'Merge request' : 'Pull request'} ${number}`;
}

/** The page of a trace in the user's own trace UI, from a template with `{traceId}`. */
export function traceLink(template: unknown, traceId: string): string | undefined {
  if (typeof template !== 'string' || !template.includes('{traceId}')) return undefined;
  return webLink(template.replaceAll('{traceId}', encodeURIComponent(traceId)));
}

/** Path of a commit below a repository's page, by what the host's name says it runs. */
const COMMIT_PATHS: [RegExp, string][] = [
  [/(^|\.)github\./, 'commit'],
  [/(^|\.)gitlab\./, '-/commit'],
  [/(^|\.)(gitea|forgejo|codeberg)\./, 'commit'],
  [/^bitbucket\.org$/, 'commits'],
  [/^dev\.azure\.com$/, 'commit'],
];

/** The page of a commit, if the repository is on a host whose addresses are known. */
export function commitLink(repoURL: unknown, commit: string): string | undefined {
  if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit)) return undefined;
  const page = repositoryPage(text(repoURL, 1000));
  if (page === undefined) return undefined;
  const path = COMMIT_PATHS.find(([host]) => host.test(page.host))?.[1];
  return path === undefined ? undefined : webLink(`https://${page.host}/${page.path}/${path}/${commit}`);
}

function repositoryPage(repoURL: string): { host: string; path: string } | undefined {
  const match =
    /^https?:\/\/(?:[^@/]*@)?([a-z0-9.-]+(?::\d+)?)\/(.+)$/i.exec(repoURL) ??
    /^ssh:\/\/(?:[^@/]*@)?([a-z0-9.-]+)(?::\d+)?\/(.+)$/i.exec(repoURL) ??
    /^[a-z0-9_-]+@([a-z0-9.-]+):(.+)$/i.exec(repoURL);
  if (!match?.[1] || !match[2]) return undefined;
  return { host: match[1].toLowerCase(), path: match[2].replace(/\/+$/, '').replace(/\.git$/, '') };
}

/**
 * Name and namespace of an application by Argo CD's instance name: `<namespace>_<name>` outside the control-plane
 * namespace. Undefined for anything that cannot be one.
 */
export function applicationOf(
  instance: unknown,
  controlPlaneNamespace: string,
): { name: string; namespace: string } | undefined {
  const match = /^(?:([a-z0-9-]+)_)?([a-z0-9.-]+)$/.exec(text(instance, 253));
  if (!match?.[2]) return undefined;
  return { name: match[2], namespace: match[1] ?? controlPlaneNamespace };
}

/** Page of another application in this Argo CD, relative to the page's base. */
export function applicationPath(instance: unknown, controlPlaneNamespace: string): string | undefined {
  const application = applicationOf(instance, controlPlaneNamespace);
  return application && `applications/${application.namespace}/${application.name}`;
}

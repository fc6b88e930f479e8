/** From `apiVersion` and `kind` to the group, version and plural name that the API's addresses use. */
import type { KubeAction } from './errors.ts';

/**
 * The plural is guessed as Kubernetes itself guesses it (`UnsafeGuessKindToResource`): lower case, with `es` after
 * an s, `ies` for a final y, else `s`.
 */
export function resourceOf(object: {
  apiVersion: string;
  kind: string;
}): Pick<KubeAction, 'group' | 'version' | 'resource'> {
  const parts = object.apiVersion.split('/');
  const [group, version] = parts.length > 1 ? [parts[0] ?? '', parts[1] ?? ''] : ['', parts[0] ?? ''];
  return { group, version, resource: plural(object.kind.toLowerCase()) };
}

function plural(kind: string): string {
  if (kind.endsWith('s')) return `${kind}es`;
  if (kind.endsWith('y')) return `${kind.slice(0, -1)}ies`;
  return `${kind}s`;
}

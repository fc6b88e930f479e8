/** Which repository this clone is of, so that Applications of other ones can be left out. */
import { tryGit } from '../../runtime/git.ts';

/** Addresses of the clone's remotes; none without Git. */
export async function remotesOf(gitDir: string): Promise<string[]> {
  const listed = await tryGit(['config', '-z', '--get-regexp', String.raw`^remote\..*\.url$`], { gitDir });
  if (listed.exitCode !== 0) return [];
  return listed.stdout.split('\0').flatMap((entry) => entry.split('\n').slice(1));
}

/**
 * How an address compares with those of the clone. `renamed` has the name of the clone and another host or owner: a
 * fork, a mirror, or another address inside the cluster. `unknown` where one of both says too little.
 */
export type Kinship = 'same' | 'renamed' | 'other' | 'unknown';

export function kinshipOf(address: string | undefined, remotes: readonly string[]): Kinship {
  const own = remotes.flatMap((remote) => normalAddress(remote) ?? []);
  const asked = address === undefined ? undefined : normalAddress(address);
  if (asked === undefined || own.length === 0) return 'unknown';
  if (own.includes(asked)) return 'same';
  return own.some((remote) => nameOf(remote) === nameOf(asked)) ? 'renamed' : 'other';
}

/**
 * `host/path` in lower case, alike for HTTPS and SSH, without user, port and `.git`. Undefined for what is no address of
 * a host: a folder, a placeholder. After NormalizeGitURL in Argo CD's util/git, which keeps user and scheme.
 */
function normalAddress(address: string): string | undefined {
  const text = address.trim().toLowerCase();
  const scp = text.includes('://') ? null : /^(?:[^\s@/]+@)?([^\s:/@]{2,}):\/?([^\s]+)$/.exec(text);
  const url = /^(?:https?|(?:git\+)?ssh|git):\/\/(?:[^\s/@]*@)?([^\s/:@]+)(?::\d+)?\/([^\s?#]+)$/.exec(text);
  const [, host = '', path = ''] = scp ?? url ?? [];
  if (host === '' || text.includes('{{')) return undefined;
  const parts = path
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .split('/');
  return [host, ...parts.filter((part) => part !== '')].join('/');
}

function nameOf(normal: string): string | undefined {
  return normal.split('/').at(-1);
}

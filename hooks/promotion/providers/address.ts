/** Where a repository lives: read from what people and Argo CD write, as HTTPS, SSH or `user@host:path`. */
import { StagelineError } from '../../../core/errors.ts';
import { scrubUrls } from '../../../runtime/git.ts';

export interface RepositoryAddress {
  /** Web address of the host without a user, such as `https://git.acme.dev:8443/gitea`; no slash at its end. */
  origin: string;
  /** Host name without a port. */
  host: string;
  owner: string;
  name: string;
  /** `owner/name` */
  slug: string;
}

const SCP_FORM = /^(?:[^\s@/]+@)?([^\s:/@]+):(?!\/\/)\/?(.+)$/;
const SEGMENT = /^(?!\.{1,2}$)[\w.-]+$/;

/** GitHub's SSH service on port 443 has a host of its own. */
const WEB_HOSTS: Readonly<Record<string, string>> = {
  'ssh.github.com': 'github.com',
  'www.github.com': 'github.com',
};

/**
 * User names and tokens in the address are left behind. An SSH address gives the host's HTTPS address, without the SSH
 * port. Errors: `PROVIDER_ADDRESS`.
 */
export function parseRepositoryAddress(text: string): RepositoryAddress {
  const place = webPlace(text.trim());
  const segments = (place?.path ?? '')
    .replace(/\/+$/, '')
    .replace(/\.git$/i, '')
    .split('/')
    .filter(Boolean);
  const [name = '', owner = '', ...prefix] = segments.toReversed();
  if (!place || ![name, owner, ...prefix].every((segment) => SEGMENT.test(segment))) throw malformed(text);
  return {
    origin: [place.origin, ...prefix.toReversed()].join('/'),
    host: place.host,
    owner,
    name,
    slug: `${owner}/${name}`,
  };
}

function webPlace(text: string): { origin: string; host: string; path: string } | undefined {
  const scp = text.includes('://') ? null : SCP_FORM.exec(text);
  if (scp) return sshPlace(scp[1] ?? '', scp[2] ?? '');
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (/^(git\+)?ssh:$/.test(url.protocol)) return sshPlace(url.hostname, url.pathname);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  const host = WEB_HOSTS[url.hostname] ?? url.hostname;
  const port = url.port === '' ? '' : `:${url.port}`;
  return { origin: `${url.protocol}//${host}${port}`, host, path: url.pathname };
}

function sshPlace(
  hostname: string,
  path: string,
): { origin: string; host: string; path: string } | undefined {
  const host = WEB_HOSTS[hostname.toLowerCase()] ?? hostname.toLowerCase();
  return /^[\w.-]+$/.test(host) ? { origin: `https://${host}`, host, path } : undefined;
}

function malformed(text: string): StagelineError {
  return new StagelineError(
    `"${scrubUrls(text).slice(0, 200)}" is not the address of a repository on a Git host`,
    {
      code: 'PROVIDER_ADDRESS',
      hint: 'Write it as https://host/owner/repository.git or git@host:owner/repository.git',
    },
  );
}

/**
 * Where the credentials of `stageline promote --due` may be sent. It reads ledgers, which everyone who may write in a
 * stage's namespace can edit: an address in one must not be able to ask for its token.
 */
import { StagelineError } from '../../core/errors.ts';

const ADDRESSES_ENV = 'STAGELINE_GIT_ADDRESSES';

/** Passes for an address at or below one that the environment names. Errors: `DUE_ADDRESS`. */
export function checkAddress(env: NodeJS.ProcessEnv, address: string): void {
  const allowed = (env[ADDRESSES_ENV] ?? '').split(/[\s,]+/).filter((text) => text !== '');
  if (allowed.some((known) => isBelow(address, known))) return;
  throw new StagelineError(`${ADDRESSES_ENV} does not name ${plain(address)}, which the ledger does`, {
    code: 'DUE_ADDRESS',
    hint: `Add the address of the repository, or of what is above it, to ${ADDRESSES_ENV} if the credentials are meant for it`,
    blame: 'setup',
  });
}

/** By whole segments of the path: `/acme` is not above `/acme-evil`. */
function isBelow(address: string, known: string): boolean {
  const [one, other] = [place(address), place(known)];
  if (!one || !other || one.origin !== other.origin) return false;
  return other.segments.every((segment, index) => one.segments[index] === segment);
}

function place(text: string): { origin: string; segments: string[] } | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, host, pathname } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return undefined;
  return {
    origin: `${protocol}//${host}`,
    segments: pathname
      .replace(/\.git\/?$/, '')
      .split('/')
      .filter(Boolean),
  };
}

/** Without what may stand before the host. */
function plain(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//');
}

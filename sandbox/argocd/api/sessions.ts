/** Local users and their session tokens: signed with a key of this process, so that they end with it. */
import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isRecord, textAt } from '../engine/json.ts';
import { ArgoCdError } from '../engine/index.ts';

export interface LocalUser {
  username: string;
  password: string;
  groups?: string[];
}

export interface Session {
  username: string;
  /** Stable id of the user (`Argocd-User-Id`). */
  userId: string;
  groups: string[];
  /** When it was issued, as Argo CD prints it in refusals. */
  issuedAt: string;
}

export interface Sessions {
  login(username: string, password: string): string;
  /** A token for a known user without a password: for the sandbox's own page. */
  issue(username: string): string;
  verify(token: string): Session | undefined;
}

export const SESSION_COOKIE = 'argocd.token';

export function createSessions(users: LocalUser[], now: () => Date): Sessions {
  const key = randomBytes(32);
  const sign = (text: string): string => createHmac('sha256', key).update(text).digest('base64url');

  function issue(username: string): string {
    const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');
    const claims = {
      iss: 'argocd',
      sub: username,
      iat: Math.floor(now().getTime() / 1000),
      jti: randomUUID(),
    };
    const payload = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
    return `${payload}.${sign(payload)}`;
  }

  return {
    issue,
    login(username, password) {
      const user = users.find((candidate) => candidate.username === username);
      if (!user || user.password === '' || !same(user.password, password)) {
        throw new ArgoCdError('Unauthenticated', 'Invalid username or password');
      }
      return issue(username);
    },
    verify(token) {
      const [header = '', payload = '', signature = ''] = token.split('.');
      if (!same(signature, sign(`${header}.${payload}`))) return undefined;
      const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
      const username = textAt(claims, 'sub');
      const user = users.find((candidate) => candidate.username === username);
      const issuedAt = isRecord(claims) ? Number(claims['iat']) : 0;
      if (!user) return undefined;
      return {
        username: user.username,
        userId: user.username,
        groups: user.groups ?? [],
        issuedAt: new Date(issuedAt * 1000).toISOString().replace('.000Z', 'Z'),
      };
    },
  };
}

/** The token of a request: bearer, or the session cookie. `cookieOnly` is how the extension proxy reads it. */
export function tokenOf(request: IncomingMessage, { cookieOnly = false } = {}): string | undefined {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined && !cookieOnly) return bearer;
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, ...value] = part.trim().split('=');
    if (name === SESSION_COOKIE) return value.join('=');
  }
  return undefined;
}

/** The `Set-Cookie` value that carries a session; an empty token ends it. */
export function sessionCookie(token: string, rootPath: string): string {
  const base = `${SESSION_COOKIE}=${token}; path=${rootPath === '' ? '/' : rootPath}; SameSite=lax; httpOnly`;
  return token === '' ? `${base}; Max-Age=0` : base;
}

function same(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}

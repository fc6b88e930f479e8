/** Who calls the stand-in, and what their token may do. */
import { createPublicKey, verify } from 'node:crypto';
import { isRecord } from './json.ts';
import type { StoredRepository } from './state.ts';

export type Level = 'read' | 'write';

/** Such as `{ pull_requests: 'write', contents: 'read' }`. */
export type Permissions = Record<string, Level>;

export interface TokenSeed {
  token: string;
  login: string;
  /** A classic token has scopes, a fine-grained one permissions. */
  rights: { scopes: readonly string[] } | { permissions: Permissions };
  /** Role of its user in every repository. */
  role?: Level;
}

export interface AppSeed {
  id: number;
  /** PEM of the App's public key. */
  publicKey: string;
  installations: { id: number; repository: string; permissions: Permissions }[];
}

export type Caller =
  | { kind: 'token'; login: string; seed: TokenSeed }
  | { kind: 'app'; app: AppSeed }
  | { kind: 'installation'; login: string; permissions: Permissions; repository: string };

export interface Refused {
  status: number;
  message: string;
  headers?: Record<string, string>;
}

export interface Needed {
  /** Either of these does. */
  anyOf: readonly (readonly [name: string, level: Level])[];
}

/** The caller of a request; a refusal if the credential is not known. */
export function callerOf(
  authorization: string | undefined,
  known: {
    tokens: readonly TokenSeed[];
    apps: readonly AppSeed[];
    issued: ReadonlyMap<string, Caller>;
    now: number;
  },
): Caller | Refused {
  const credential = /^(?:bearer|token) (\S+)$/i.exec(authorization ?? '')?.[1];
  if (credential === undefined) return { status: 401, message: 'Requires authentication' };
  const seed = known.tokens.find((candidate) => candidate.token === credential);
  if (seed) return { kind: 'token', login: seed.login, seed };
  const issued = known.issued.get(credential);
  if (issued) return issued;
  const app = known.apps.find((candidate) => isSignedBy(credential, candidate, known.now));
  if (app) return { kind: 'app', app };
  const isJwt = credential.split('.').length === 3;
  return { status: 401, message: isJwt ? 'A JSON web token could not be decoded' : 'Bad credentials' };
}

function isSignedBy(jwt: string, app: AppSeed, now: number): boolean {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  if (signature === '') return false;
  const key = createPublicKey(app.publicKey);
  const isGenuine = verify(
    'RSA-SHA256',
    Buffer.from(`${header}.${payload}`),
    key,
    Buffer.from(signature, 'base64url'),
  );
  if (!isGenuine) return false;
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  if (!isRecord(claims) || String(claims['iss']) !== String(app.id)) return false;
  const seconds = now / 1000;
  // GitHub refuses more than ten minutes.
  return (
    Number(claims['exp']) > seconds &&
    Number(claims['exp']) - seconds <= 600 &&
    Number(claims['iat']) <= seconds
  );
}

/** Undefined if the caller may; GitHub's refusal otherwise. */
export function refusalFor(
  caller: Caller,
  repository: StoredRepository,
  needed: Needed,
): Refused | undefined {
  const wants = needed.anyOf.map(([name, level]) => `${name}=${level}`).join('; ');
  const isWrite = needed.anyOf.every(([, level]) => level === 'write');
  const hidden: Refused = { status: 404, message: 'Not Found' };
  if (caller.kind === 'app') return { status: 401, message: 'This endpoint needs an installation' };
  if (caller.kind === 'installation') {
    if (caller.repository !== repository.slug) return hidden;
    return covers(caller.permissions, needed)
      ? undefined
      : { ...notAccessible('integration'), headers: { 'x-accepted-github-permissions': wants } };
  }
  const { rights, role = 'write' } = caller.seed;
  if ('scopes' in rights) {
    const covered =
      rights.scopes.includes('repo') || (!repository.seed.private && rights.scopes.includes('public_repo'));
    if (!covered && (isWrite || repository.seed.private)) return hidden;
  } else if (!covers(rights.permissions, needed)) {
    const visible = Object.keys(rights.permissions).length > 0;
    return visible
      ? { ...notAccessible('personal access token'), headers: { 'x-accepted-github-permissions': wants } }
      : hidden;
  }
  if (isWrite && role === 'read') return { status: 403, message: 'Must have push access to repository' };
  return undefined;
}

function covers(permissions: Permissions, needed: Needed): boolean {
  return needed.anyOf.some(
    ([name, level]) => name === 'metadata' || permissions[name] === 'write' || permissions[name] === level,
  );
}

function notAccessible(kind: string): Refused {
  return { status: 403, message: `Resource not accessible by ${kind}` };
}

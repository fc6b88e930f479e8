import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECRET, call, codeOf, headersWith, startTestBackend } from './testing/harness.ts';
import type { TestBackend } from './testing/harness.ts';
import { startJaegerStandIn } from './testing/jaeger-stand-in.ts';
import type { JaegerStandIn } from './testing/jaeger-stand-in.ts';
import { TRACE, deliveryTrace } from './testing/spans.ts';

const SECRET_NAME = 'X-Stageline-Secret';
const APP = 'Argocd-Application-Name';
const PROJECT = 'Argocd-Project-Name';
const NAMESPACE = 'Argocd-Namespace';
const ROUTES = [`/v1/traces/${TRACE}`, '/v1/traces', '/v1/links'];

type Changes = Record<string, string | readonly string[] | undefined>;

let jaeger: JaegerStandIn;
let backend: TestBackend;
beforeAll(async () => {
  jaeger = await startJaegerStandIn();
  jaeger.traces.set(TRACE, deliveryTrace('shop-dev'));
  backend = await startTestBackend({ JAEGER_URL: jaeger.address });
});
afterAll(async () => {
  await backend.stop();
  await jaeger.stop();
});

const REFUSED: [string, Changes, number, string][] = [
  ['no secret', { [SECRET_NAME]: undefined }, 401, 'SECRET_WRONG'],
  ['an empty secret', { [SECRET_NAME]: '' }, 401, 'SECRET_WRONG'],
  ['a wrong secret', { [SECRET_NAME]: 'correct-horse-battery-stable' }, 401, 'SECRET_WRONG'],
  ['a part of the secret', { [SECRET_NAME]: SECRET.slice(0, -1) }, 401, 'SECRET_WRONG'],
  ['the secret twice', { [SECRET_NAME]: [SECRET, SECRET] }, 401, 'SECRET_WRONG'],
  ['a wrong secret before the right one', { [SECRET_NAME]: ['x', SECRET] }, 401, 'SECRET_WRONG'],
  ['the secret in another case', { [SECRET_NAME]: SECRET.toUpperCase() }, 401, 'SECRET_WRONG'],
  [
    'the secret as a bearer token',
    { [SECRET_NAME]: undefined, Authorization: `Bearer ${SECRET}` },
    401,
    'SECRET_WRONG',
  ],
  ['a wrong secret and a malformed application', { [SECRET_NAME]: 'x', [APP]: 'x' }, 401, 'SECRET_WRONG'],
  ['no application', { [APP]: undefined }, 400, 'HEADER_MISSING'],
  ['an empty application', { [APP]: '' }, 400, 'HEADER_MISSING'],
  ['the application twice', { [APP]: ['argocd:shop-dev', 'argocd:shop-dev'] }, 400, 'HEADER_REPEATED'],
  ['two applications', { [APP]: ['argocd:other', 'argocd:shop-dev'] }, 400, 'HEADER_REPEATED'],
  ['two applications in one header', { [APP]: 'argocd:other, argocd:shop-dev' }, 400, 'HEADER_MALFORMED'],
  ['an application without a namespace', { [APP]: 'shop-dev' }, 400, 'HEADER_MALFORMED'],
  ['an application with an empty namespace', { [APP]: ':shop-dev' }, 400, 'HEADER_MALFORMED'],
  ['an application with an empty name', { [APP]: 'argocd:' }, 400, 'HEADER_MALFORMED'],
  ['an application of three parts', { [APP]: 'argocd:shop-dev:x' }, 400, 'HEADER_MALFORMED'],
  ['an application with a path', { [APP]: 'argocd:../shop-dev' }, 400, 'HEADER_MALFORMED'],
  ['an application in capitals', { [APP]: 'argocd:SHOP-DEV' }, 400, 'HEADER_MALFORMED'],
  ['an instance name in place of the name', { [APP]: 'argocd:team_shop-dev' }, 400, 'HEADER_MALFORMED'],
  ['a namespace with a dot', { [APP]: 'argo.cd:shop-dev' }, 400, 'HEADER_MALFORMED'],
  ['a name that is too long', { [APP]: `argocd:${'a'.repeat(254)}` }, 400, 'HEADER_MALFORMED'],
  ['no project', { [PROJECT]: undefined }, 400, 'HEADER_MISSING'],
  ['an empty project', { [PROJECT]: '' }, 400, 'HEADER_MISSING'],
  ['two projects', { [PROJECT]: ['shop', 'other'] }, 400, 'HEADER_REPEATED'],
  ['a malformed project', { [PROJECT]: 'shop other' }, 400, 'HEADER_MALFORMED'],
  ['any project', { [PROJECT]: '*' }, 400, 'HEADER_MALFORMED'],
  ['another control plane', { [NAMESPACE]: 'other-argocd' }, 400, 'HEADER_MISMATCH'],
  ['two control planes', { [NAMESPACE]: ['argocd', 'other'] }, 400, 'HEADER_REPEATED'],
];

describe('a request with headers that do not fit', () => {
  it.each(REFUSED)('is refused on every route: %s', async (_, changes, status, code) => {
    for (const route of ROUTES) {
      const answer = await call(backend.port, route, { headers: headersWith(changes) });
      expect([route, answer.status, codeOf(answer)]).toEqual([route, status, code]);
      expect(answer.text).not.toContain('deliver shop');
      expect(answer.text).not.toContain(SECRET);
    }
  });

  it('never reaches the trace store', async () => {
    const before = jaeger.requests.length;
    for (const [, changes] of REFUSED) {
      await call(backend.port, '/v1/traces', { headers: headersWith(changes) });
    }
    expect(jaeger.requests.length).toBe(before);
  });

  it('learns nothing of the routes without the secret', async () => {
    const answer = await call(backend.port, '/v1/nothing', { headers: [] });
    expect(answer.status).toBe(401);
    const known = await call(backend.port, '/v1/nothing');
    expect([known.status, codeOf(known)]).toEqual([404, 'ROUTE_UNKNOWN']);
  });
});

const FOREIGN: [string, Changes][] = [
  ['another application', { [APP]: 'argocd:other' }],
  ['an application of the same name elsewhere', { [APP]: 'team:shop-dev' }],
  ['an application with a longer name', { [APP]: 'argocd:shop-dev-2' }],
  [
    'another application and forged groups, user and cluster',
    {
      [APP]: 'argocd:other',
      'Argocd-User-Groups': 'admins,shop',
      'Argocd-Username': 'admin',
      'Argocd-User-Id': '1',
      'Argocd-Target-Cluster-Name': 'in-cluster',
      'X-Forwarded-User': 'admin',
    },
  ],
];

describe('a request with headers in order', () => {
  it('gets the trace of its application', async () => {
    const headers = headersWith({ [NAMESPACE]: 'argocd', 'Argocd-User-Groups': 'none' });
    const answer = await call(backend.port, `/v1/traces/${TRACE}`, { headers });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ source: 'jaeger', traceId: TRACE, spanCount: 100 });
  });

  it.each(FOREIGN)('gets no trace of somebody else, as if there were none: %s', async (_, changes) => {
    const headers = headersWith(changes);
    const foreign = await call(backend.port, `/v1/traces/${TRACE}`, { headers });
    const missing = await call(backend.port, `/v1/traces/${'9'.repeat(32)}`, { headers });
    expect(foreign.status).toBe(404);
    expect(foreign.text).toBe(missing.text);
    expect(Object.keys(foreign.headers)).toEqual(Object.keys(missing.headers));
    const search = await call(backend.port, '/v1/traces', { headers });
    expect(JSON.parse(search.text)).toEqual({ source: 'jaeger', traces: [] });
  });

  it('is not told by an ETag that it may not have', async () => {
    const own = await call(backend.port, `/v1/traces/${TRACE}`);
    const tag = String(own.headers.etag);
    const foreign = headersWith({ [APP]: 'argocd:other', 'If-None-Match': tag });
    expect((await call(backend.port, `/v1/traces/${TRACE}`, { headers: foreign })).status).toBe(404);
    const again = await call(backend.port, `/v1/traces/${TRACE}`, {
      headers: headersWith({ 'If-None-Match': tag }),
    });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it('may carry any of several secrets, so that they can be replaced', async () => {
    const other = await startTestBackend({ SECRET: `${SECRET} the-new-secret-of-tomorrow` });
    for (const secret of [SECRET, 'the-new-secret-of-tomorrow']) {
      const answer = await call(other.port, '/v1/links', { headers: headersWith({ [SECRET_NAME]: secret }) });
      expect(answer.status).toBe(200);
    }
    await other.stop();
  });
});

describe('the log', () => {
  it('has no secret, no header and no query, whatever was asked', () => {
    const log = backend.logged();
    expect(log).toContain('"code":"SECRET_WRONG"');
    for (const hidden of [SECRET, SECRET.toUpperCase(), 'Bearer', 'admins', 'argocd:']) {
      expect(log).not.toContain(hidden);
    }
  });
});

/** Starting and stopping operations over HTTP, sessions, rights, settings and version. */
import { afterEach, describe, expect, it } from 'vitest';
import { at } from '../engine/json.ts';
import { startTestApi } from './test-api.ts';
import type { TestApi } from './test-api.ts';

let test: TestApi | undefined;
afterEach(async () => {
  await test?.close();
  test = undefined;
});
async function start(options: Parameters<typeof startTestApi>[0] = {}): Promise<TestApi> {
  test = await startTestApi(options);
  return test;
}
const APP = '/api/v1/applications/shop';
const manual = { bed: { application: { syncPolicy: {} } } };

describe('operations', () => {
  it('start at once with the old state gone, one at a time, and can be terminated', async () => {
    const { call, bed } = await start(manual);
    const { status, json } = await call('POST', `${APP}/sync`, {
      body: {
        prune: true,
        resources: null,
        infos: [{ name: 'Reason', value: 'R42' }],
        strategy: { hook: { force: false } },
      },
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      operation: {
        sync: { revision: 'main', prune: true, syncStrategy: { hook: {} } },
        initiatedBy: { username: 'admin' },
        info: [{ name: 'Reason', value: 'R42' }],
      },
    });
    expect(at(json, 'status', 'operationState')).toBeUndefined();
    const again = await call('POST', `${APP}/sync`, { body: {} });
    expect(again).toMatchObject({
      status: 400,
      json: { code: 9, message: 'another operation is already in progress' },
    });
    await bed.job('gate');
    expect((await call('DELETE', `${APP}/operation`)).json).toEqual({});
    expect((await bed.finished()).message).toBe('Operation terminated');
    const none = await call('DELETE', `${APP}/operation`);
    expect(none).toMatchObject({
      status: 400,
      json: { message: 'Unable to terminate operation. No operation is in progress' },
    });
    const events = await call('GET', `${APP}/events`);
    expect(JSON.stringify(events.json)).toContain('admin initiated sync to main');
  });

  it('are refused for another revision while auto-sync is on, for wrong types, and without the right', async () => {
    const { call } = await start();
    const other = await call('POST', `${APP}/sync`, { body: { revision: 'other' } });
    expect(other).toMatchObject({
      status: 400,
      json: { code: 9, message: 'Cannot sync to other: auto-sync currently set to main' },
    });
    expect((await call('POST', `${APP}/sync`, { body: { prune: 'yes' } })).status).toBe(400);
    expect((await call('POST', `${APP}/sync`, { body: {}, user: 'readonly' })).status).toBe(403);
    const back = await call('POST', `${APP}/rollback`, { body: { id: 0 } });
    expect(back).toMatchObject({
      status: 400,
      json: { message: 'rollback cannot be initiated when auto-sync is enabled' },
    });
  });

  it('roll back to an entry of the history, without hooks', async () => {
    const { call, bed } = await start(manual);
    expect((await call('POST', `${APP}/rollback`, { body: { id: 9 } })).status).toBe(400);
    await call('POST', `${APP}/sync`, { body: {} });
    bed.finishJob(await bed.job('gate'), 'Complete');
    await bed.finished();
    const { json } = await call('POST', `${APP}/rollback`, { body: { id: 0, prune: true } });
    expect(json).toMatchObject({ operation: { sync: { syncStrategy: { apply: {} }, prune: true } } });
    await bed.until(({ status }) => status?.history?.length === 2);
  });
});

describe('sessions', () => {
  it('log in with a cookie that works, and out again', async () => {
    const { call } = await start(manual);
    const wrong = await call('POST', '/api/v1/session', {
      user: '',
      body: { username: 'admin', password: 'no' },
    });
    expect(wrong).toMatchObject({ status: 401, json: { code: 16, message: 'Invalid username or password' } });
    const login = await call('POST', '/api/v1/session', {
      user: '',
      body: { username: 'admin', password: 'admin' },
    });
    expect(at(login.json, 'token')).toEqual(expect.any(String));
    const cookie = login.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^argocd\.token=.*; path=\/; SameSite=lax; httpOnly$/);
    const who = await call('GET', '/api/v1/session/userinfo', {
      user: '',
      headers: { cookie: cookie.split(';')[0] ?? '' },
    });
    expect(who.json).toEqual({ loggedIn: true, username: 'admin', iss: 'argocd' });
    expect((await call('GET', '/api/v1/session/userinfo', { user: '' })).json).toEqual({});
    const forged = await call('GET', APP, { user: '', headers: { cookie: 'argocd.token=a.b.c' } });
    expect(forged).toMatchObject({ status: 401, json: { code: 16, message: 'no session information' } });
    const out = await call('DELETE', '/api/v1/session');
    expect(out.headers.get('set-cookie')).toContain('Max-Age=0');
  });

  it('know groups and policy lines', async () => {
    const { call } = await start({
      ...manual,
      api: {
        users: [{ username: 'bob', password: 'b', groups: ['dev'] }],
        policy:
          'p, dev, applications, get, default/*, allow\np, dev, applications, sync, default/shop, allow',
      },
    });
    const user = { user: 'bob' };
    expect((await call('GET', '/api/v1/session/userinfo', user)).json).toMatchObject({ groups: ['dev'] });
    const value = async (path: string): Promise<unknown> =>
      at((await call('GET', `/api/v1/account/can-i/${path}`, user)).json, 'value');
    expect(await value('applications/sync/default/shop')).toBe('yes');
    expect(await value('applications/sync/default/argocd/shop')).toBe('yes');
    expect(await value('applications/update/default/shop')).toBe('no');
    expect(await value('extensions/invoke/stageline')).toBe('no');
    expect((await call('GET', '/api/v1/account/can-i/applications/fly/x', user)).status).toBe(400);
    expect((await call('GET', `${APP}/logs?podName=x`, user)).status).toBe(403);
  });

  it('decide what settings and version tell', async () => {
    const { call } = await start(manual);
    expect((await call('GET', '/api/v1/settings', { user: '' })).json).toMatchObject({
      trackingMethod: 'annotation',
    });
    expect((await call('GET', '/api/v1/settings', { user: '' })).json).not.toHaveProperty(
      'controllerNamespace',
    );
    expect((await call('GET', '/api/v1/settings')).json).toMatchObject({ controllerNamespace: 'argocd' });
    expect(Object.keys((await call('GET', '/api/version', { user: '' })).json ?? {})).toEqual(['Version']);
    expect((await call('GET', '/api/version')).json).toHaveProperty('HelmVersion');
  });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTING_DEFAULTS, parseSettings } from './settings.ts';
import type { SettingName } from './settings.ts';

const SECRET = 'correct-horse-battery-staple';

function settings(env: Partial<Record<SettingName, string>>) {
  const all = { SECRET, ...env };
  return parseSettings(
    Object.fromEntries(Object.entries(all).map(([name, value]) => [`STAGELINE_BACKEND_${name}`, value])),
    () => `${SECRET}\n`,
  );
}

describe('the settings of the backend', () => {
  it('have defaults for everything but the secret', () => {
    expect(settings({})).toEqual({
      listen: { port: 8080 },
      metricsListen: { port: 9090 },
      secrets: [SECRET],
      controlPlaneNamespace: 'argocd',
      traceService: 'stageline',
      timeoutMs: 10_000,
      maxTraceBytes: 8_388_608,
      maxSpans: 10_000,
      concurrency: 4,
      cacheBytes: 33_554_432,
      cacheMs: 300_000,
      shutdownMs: 15_000,
      logLevel: 'info',
    });
  });

  it('take the secret from a file, one or several of them', () => {
    const read = (file: string) => (file === '/run/secret' ? `${SECRET}\nthe-new-secret-of-tomorrow\n` : '');
    const parsed = parseSettings({ STAGELINE_BACKEND_SECRET_FILE: '/run/secret' }, read);
    expect(parsed.secrets).toEqual([SECRET, 'the-new-secret-of-tomorrow']);
  });

  it.each([
    [{}, 'SECRET_MISSING'],
    [{ SECRET, SECRET_FILE: '/run/secret' }, 'SECRET_MISSING'],
    [{ SECRET: 'short' }, 'SECRET_WEAK'],
    [{ SECRET: `${SECRET} short` }, 'SECRET_WEAK'],
    [{ SECRET: 'mit-ümlaut-und-lang-genug' }, 'SECRET_WEAK'],
  ])('refuse a secret that is missing, doubled or weak: %j', (env, code) => {
    const named = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [`STAGELINE_BACKEND_${name}`, value]),
    );
    expect(() => parseSettings(named, () => SECRET)).toThrow(expect.objectContaining({ code }));
  });

  it('say which file of a secret cannot be read', () => {
    const read = (file: string) => readFileSync(file, 'utf8');
    expect(() => parseSettings({ STAGELINE_BACKEND_SECRET_FILE: '/does/not/exist' }, read)).toThrow(
      expect.objectContaining({
        code: 'SECRET_UNREADABLE',
        message: expect.stringContaining('/does/not/exist'),
      }),
    );
  });

  it.each<[Partial<Record<SettingName, string>>]>([
    [{ LISTEN: 'tcp://10.0.0.1:8080' }],
    [{ LISTEN: '70000' }],
    [{ CONTROL_PLANE_NAMESPACE: 'Argo CD' }],
    [{ JAEGER_URL: 'file:///etc/passwd' }],
    [{ JAEGER_URL: 'http://user:password@jaeger:16686' }],
    [{ JAEGER_URL: 'http://jaeger:16686/?a=b' }],
    [{ TRACE_LINK: 'javascript:alert("{traceId}")' }],
    [{ TRACE_LINK: 'https://jaeger.example.com/trace/' }],
    [{ TRACE_LINK: 'https://{traceId}.example.com/' }],
    [{ TRACE_LINK: 'https://user:password@example.com/{traceId}' }],
    [{ TIMEOUT_SECONDS: '0' }],
    [{ TIMEOUT_SECONDS: '1e1' }],
    [{ CONCURRENCY: '65' }],
    [{ LOG_LEVEL: 'loud' }],
  ])('refuse %j and name the variable', (env) => {
    const [name = ''] = Object.keys(env);
    expect(() => settings(env)).toThrow(
      expect.objectContaining({ code: 'SETTING_INVALID', message: expect.stringContaining(name) }),
    );
  });

  it('refuse a variable that is spelt wrong, but not those that Kubernetes sets for a Service', () => {
    const wrong = { STAGELINE_BACKEND_SECRET: SECRET, STAGELINE_BACKEND_TIMOUT_SECONDS: '5' };
    expect(() => parseSettings(wrong, () => '')).toThrow(
      expect.objectContaining({ code: 'SETTING_UNKNOWN' }),
    );
    const kubernetes = {
      STAGELINE_BACKEND_SECRET: SECRET,
      STAGELINE_BACKEND_PORT: 'tcp://10.0.0.1:8080',
      STAGELINE_BACKEND_PORT_8080_TCP_ADDR: '10.0.0.1',
      STAGELINE_BACKEND_SERVICE_HOST: '10.0.0.1',
    };
    expect(parseSettings(kubernetes, () => '').listen).toEqual({ port: 8080 });
  });

  it('take hosts, base paths and link templates as they are written', () => {
    const parsed = settings({
      LISTEN: '[::1]:8081',
      METRICS_LISTEN: '127.0.0.1:0',
      JAEGER_URL: 'http://jaeger:16686/jaeger/',
      TRACE_LINK: 'https://jaeger.example.com/trace/{traceId}?uiFind=deliver',
    });
    expect(parsed.listen).toEqual({ host: '::1', port: 8081 });
    expect(parsed.metricsListen).toEqual({ host: '127.0.0.1', port: 0 });
    expect(parsed.jaeger).toBe('http://jaeger:16686/jaeger');
    expect(parsed.traceLink).toBe('https://jaeger.example.com/trace/{traceId}?uiFind=deliver');
  });

  it('are all in the table of docs/backend.md, with their defaults', () => {
    const page = readFileSync(path.join(import.meta.dirname, '../../docs/backend.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `STAGELINE_BACKEND_(\w+)` \| (?:`([^`]*)` )?\|/gm)];
    const table = Object.fromEntries(rows.map((row) => [row[1] ?? '', row[2] ?? '']));
    expect(table).toEqual(SETTING_DEFAULTS);
  });
});

import { describe, expect, it } from 'vitest';
import { createLogger, logLevelOf, redact } from './log.ts';

function lines(
  use: (log: ReturnType<typeof createLogger>) => void,
  level?: 'debug',
): Record<string, unknown>[] {
  const written: string[] = [];
  use(
    createLogger({
      write: (line) => written.push(line),
      now: () => 0,
      secrets: ['s3cret-token', 'ab'],
      ...(level === undefined ? {} : { level }),
    }),
  );
  return written.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the logger', () => {
  it('writes one JSON object a line, with the fields of its kind', () => {
    expect(lines((log) => log.with({ role: 'pre' }).info('line\nbreak', { check: 'a' }))).toEqual([
      { time: '1970-01-01T00:00:00.000Z', level: 'info', message: 'line\nbreak', role: 'pre', check: 'a' },
    ]);
  });

  it('leaves out what is below its level', () => {
    expect(lines((log) => log.debug('x'))).toHaveLength(0);
    expect(lines((log) => log.debug('x'), 'debug')).toHaveLength(1);
    expect([logLevelOf('WARN'), logLevelOf('loud'), logLevelOf(undefined)]).toEqual(['warn', 'info', 'info']);
  });

  it('shows no secret, wherever it stands', () => {
    const error = new Error('cannot reach https://me:s3cret-token@git/x', {
      cause: new Error('s3cret-token'),
    });
    const [line] = lines((log) =>
      log.error('s3cret-token', { error, authorization: 'Bearer x', at: ['ab'] }),
    );
    expect(JSON.stringify(line)).not.toMatch(/s3cret|Bearer|me:/);
    expect(line).toMatchObject({
      authorization: '[redacted]',
      at: ['ab'],
      error: { message: 'cannot reach https://git/x' },
    });
  });

  it('shows no line of a key that has several', () => {
    const key = '-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\nq9sLxkR3\n-----END KEY-----\n';
    expect(redact(JSON.stringify({ error: `cannot read ${key}` }), [key])).toBe(
      '{"error":"cannot read [redacted]"}',
    );
    expect(redact('bad line MIIEowIBAAKCAQEA', [key])).toBe('bad line [redacted]');
  });
});

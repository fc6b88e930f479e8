import { describe, expect, test } from 'vitest';
import { configMapAnswer, ledgerState } from './answers.ts';
import { logLines } from './log.ts';

const error = (message: string): string => JSON.stringify({ error: message, code: 7, message });

describe('an answer of Argo CD', () => {
  test.each([
    [400, error('ConfigMap  stageline-ledger-x not found as part of application x'), 'missing'],
    [404, error('configmaps "x" not found'), 'missing'],
    [403, error('permission denied'), 'denied'],
    [401, error('no session information'), 'denied'],
    [400, error('bad'), 'failed'],
    [500, '<html>nginx</html>', 'failed'],
    [200, '<html>login</html>', 'failed'],
    [200, '{"manifest":"not json"}', 'failed'],
    [200, '{"manifest":"{\\"data\\":null}"}', 'found'],
  ])('%i %s is %s', (status, body, kind) => {
    expect(configMapAnswer(status, body).kind).toBe(kind);
  });

  test('keeps the reason that Argo CD gave', () => {
    expect(configMapAnswer(403, error('permission denied: applications, get'))).toEqual({
      kind: 'denied',
      reason: 'permission denied: applications, get',
    });
  });
});

describe('a ledger ConfigMap', () => {
  const found = (data: Record<string, unknown>): ReturnType<typeof ledgerState> =>
    ledgerState({ kind: 'found', data, resourceVersion: '1' });

  test.each([
    [{}, 'invalid'],
    [{ 'ledger.json': 7 }, 'invalid'],
    [{ 'ledger.json': '{"version":1,"deliv' }, 'invalid'],
    [{ 'ledger.json': '{"version":2}' }, 'newer'],
    [{ 'ledger.json': '{"version":1,"deliveries":[]}' }, 'ledger'],
  ])('%j is %s', (data, kind) => {
    expect(found(data).kind).toBe(kind);
  });
});

describe('a log', () => {
  test('is read line by line, errors among them, a cut line left out', () => {
    const body = [
      '{"result":{"content":"one","last":false,"podName":"a"}}',
      'data: {"result":{"content":"two"}} ',
      '{"error":{"http_code":500,"message":"stream broke"}}',
      '{"result":{"last":true}}',
      '{"result":{"content":"cu',
    ].join('\n');
    expect(logLines(body)).toEqual(['one', 'two', 'Argo CD: stream broke']);
  });

  test('keeps the newest thousand lines', () => {
    const lines = Array.from({ length: 1500 }, (_, index) =>
      JSON.stringify({ result: { content: String(index) } }),
    );
    expect(logLines(lines.join('\n')).at(0)).toBe('500');
  });
});

import { expect, test } from 'vitest';
import { renderFailed } from './failure.ts';

const KEY = '-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----';

function messageFor(stderr: string, secrets: readonly string[]): string {
  const result = { exitCode: 1, signal: null, stdout: Buffer.alloc(0), stderr, timedOut: false };
  return renderFailed(result, { code: 'HELM_FAILED', what: 'helm', hint: 'Look', secrets }).message;
}

test.each([
  ['as it is', 'Error: bad hunter2', 'bad ***'],
  ['as Secrets carry it', `Error: bad ${Buffer.from('hunter2').toString('base64')}`, 'bad ***'],
  ['cut in two by the limit of the message', `Error: ${'x'.repeat(1996)}hunter2`, 'x***'],
])('a secret is taken out %s', (_how, stderr, end) => {
  const message = messageFor(stderr, ['hunter2']);
  expect(message).not.toMatch(/hunt/);
  expect(message.endsWith(end)).toBe(true);
});

test('private keys are taken out, whole or cut off', () => {
  expect(messageFor(`Error: bad ${KEY} here`, [])).toBe('helm failed: bad *** here');
  expect(messageFor(`Error: bad ${KEY.slice(0, 34)}`, [])).toBe('helm failed: bad ***');
});

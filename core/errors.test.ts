import { expect, test } from 'vitest';
import { errorLine, messageOf, StagelineError } from './errors.ts';

test('a user’s error is one line of code, message and cure', () => {
  const error = new StagelineError('stageline.yaml:3: moves\n is missing', {
    code: 'PIPELINE_INVALID',
    hint: 'Say what\r\nmoves',
  });
  expect(errorLine(error)).toBe(
    'stageline: PIPELINE_INVALID: stageline.yaml:3: moves is missing. Say what moves',
  );
  expect(error.blame).toBe('input');
  expect(error).not.toHaveProperty('cause');
});

test('a cause is kept and blame can be given', () => {
  const cause = new Error('no route');
  const error = new StagelineError('the cluster does not answer', {
    code: 'KUBE',
    hint: 'Look at it',
    blame: 'setup',
    cause,
  });
  expect(error).toMatchObject({ cause, blame: 'setup', name: 'StagelineError' });
});

test.each([
  [new Error('boom\nat once'), 'stageline: INTERNAL: boom at once. This is a defect'],
  ['thrown text', 'stageline: INTERNAL: thrown text. This is a defect'],
])('anything else is said to be our defect', (thrown, line) => {
  expect(errorLine(thrown)).toContain(line);
  expect(errorLine(thrown)).not.toContain('\n');
});

test('a message that ends with a full stop gets no second one', () => {
  expect(errorLine(new StagelineError('it ended.', { code: 'X', hint: 'Try' }))).toBe(
    'stageline: X: it ended. Try',
  );
});

test('anything thrown has a message', () => {
  expect(messageOf(new Error('x'))).toBe('x');
  expect(messageOf(undefined)).toBe('undefined');
});

import { describe, expect, it } from 'vitest';
import { StagelineError } from '../../../core/errors.ts';
import { actOnce } from './act-once.ts';
import { failure, success } from './result.ts';
import type { Result } from './types.ts';

const ERROR = new StagelineError('the host is down', { code: 'PROVIDER_DOWN', hint: 'Try again' });

function later(retryAfterMs: number): Result<never> {
  return { status: 'retryable', error: ERROR, retryAfterMs, mayHaveActed: true };
}

/** A host that acts `worksAt` the n-th call of `act`, and answers as told. */
function scenario(answers: Result<string>[], options: { actsSilently?: boolean } = {}) {
  let clock = 0;
  let made: string | undefined;
  const log: string[] = [];
  const find = async (): Promise<Result<string | undefined>> => {
    log.push('find');
    return success(made);
  };
  const act = async (): Promise<Result<string>> => {
    log.push('act');
    if (options.actsSilently) made = 'made';
    return answers.shift() ?? success('made');
  };
  const sleep = async (ms: number): Promise<void> => {
    log.push(`wait ${ms}`);
    clock += ms;
  };
  const run = (deadlineMs: number): Promise<Result<string>> =>
    actOnce(find, act, { now: () => clock, sleep, signal: new AbortController().signal, deadlineMs });
  return { run, log };
}

describe('an act that must happen once', () => {
  it('is looked up before it is made', async () => {
    const { run, log } = scenario([]);
    expect(await run(1000)).toEqual(success('made'));
    expect(log).toEqual(['find', 'act']);
  });

  it('is looked up, and not repeated, after a doubtful answer', async () => {
    const { run, log } = scenario([later(100)], { actsSilently: true });
    expect(await run(1000)).toEqual(success('made'));
    expect(log).toEqual(['find', 'act', 'wait 100', 'find']);
  });

  it('is tried again if it is not there', async () => {
    const { run, log } = scenario([later(100), later(200)]);
    expect(await run(1000)).toEqual(success('made'));
    expect(log).toEqual(['find', 'act', 'wait 100', 'find', 'act', 'wait 200', 'find', 'act']);
  });

  it('ends with the last answer at the deadline, and at once with a failure', async () => {
    const slow = scenario([later(600), later(600)]);
    expect(await slow.run(1000)).toEqual(later(600));
    expect(slow.log).toEqual(['find', 'act', 'wait 600', 'find', 'act']);
    const refused = scenario([failure(ERROR)]);
    expect(await refused.run(1000)).toEqual(failure(ERROR));
  });
});

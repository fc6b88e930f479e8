import { describe, expect, test } from 'vitest';
import { parseDemoOptions } from './options.ts';

describe('the demo’s command line', () => {
  test('stays with a page unless told otherwise', () => {
    expect(parseDemoOptions([])).toEqual({ once: false, json: false, version: 'v2', port: 8080 });
  });

  test('takes what the README says', () => {
    expect(parseDemoOptions(['--once', '--json', '--version', 'v3', '--keep', 'out'])).toMatchObject({
      once: true,
      json: true,
      version: 'v3',
      keep: 'out',
    });
  });

  test.each([
    [['--version', 'v9'], 'there is no version "v9"'],
    [['--json'], '--json goes with --once'],
    [['--port', 'eighty'], '"eighty" is no port'],
    [['--bogus'], "Unknown option '--bogus'"],
  ])('says what is wrong with %j', (args, problem) => {
    expect(() => parseDemoOptions(args)).toThrow(problem);
  });
});

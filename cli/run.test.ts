import { describe, expect, test } from 'vitest';
import type { Command, CommandIo } from './command.ts';
import { runCommand } from './run.ts';

const commands: Command[] = [
  {
    name: 'trace replay',
    summary: 'Send a trace again',
    help: 'Usage: …',
    run: async (args, io) => (io.stdout(args.join()), 0),
  },
  { name: 'status', summary: 'Show stages', help: 'Usage: stageline status', run: async () => 3 },
];

function io(): CommandIo & { out: string[] } {
  const out: string[] = [];
  return { out, cwd: '/', env: {}, colour: false, stdout: (text) => out.push(text), stderr: () => undefined };
}

describe('the command line', () => {
  test('lists its commands when asked for nothing or for help', async () => {
    const nothing = io();
    expect(await runCommand(commands, [], nothing)).toBe(2);
    const help = io();
    expect(await runCommand(commands, ['--help'], help)).toBe(0);
    expect(help.out).toEqual(nothing.out);
    expect(help.out.join('')).toMatch(/status {8}Show stages/);
  });

  test('finds commands of two words and hands on the rest', async () => {
    const told = io();
    expect(await runCommand(commands, ['trace', 'replay', 'shop', '--all'], told)).toBe(0);
    expect(told.out).toEqual(['shop,--all']);
  });

  test('gives the exit code of the command, and its help instead when asked', async () => {
    expect(await runCommand(commands, ['status'], io())).toBe(3);
    const help = io();
    expect(await runCommand(commands, ['status', '--help'], help)).toBe(0);
    expect(help.out.join('')).toContain('Usage: stageline status');
  });

  test('names the commands that there are when there is none of that name', async () => {
    await expect(runCommand(commands, ['sttus'], io())).rejects.toMatchObject({
      code: 'UNKNOWN_COMMAND',
      hint: 'Use one of: trace replay, status',
    });
  });
});

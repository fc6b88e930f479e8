/** Finds the command that is asked for and runs it. */
import { StagelineError } from '../core/errors.ts';
import type { Command, CommandIo } from './command.ts';

/** Runs `args` against the table of commands; the exit code. Errors: `UNKNOWN_COMMAND` and the command's own. */
export async function runCommand(
  commands: readonly Command[],
  args: readonly string[],
  io: CommandIo,
): Promise<number> {
  const first = args[0];
  if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
    io.stdout(overview(commands));
    return first === undefined ? 2 : 0;
  }
  const command = commands.find((candidate) => {
    const words = candidate.name.split(' ');
    return words.every((word, index) => args[index] === word);
  });
  if (!command) {
    throw new StagelineError(`there is no command "${args.slice(0, 2).join(' ')}"`, {
      code: 'UNKNOWN_COMMAND',
      hint: `Use one of: ${commands.map(({ name }) => name).join(', ')}`,
    });
  }
  const rest = args.slice(command.name.split(' ').length);
  if (rest.includes('--help') || rest.includes('-h')) {
    io.stdout(`${command.summary}\n\n${command.help}\n`);
    return 0;
  }
  return command.run(rest, io);
}

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `stageline: multi-stage delivery for Argo CD\n\nUsage: stageline <command> [options]\n\n${lines.join('\n')}\n\nstageline <command> --help says more.\n`;
}

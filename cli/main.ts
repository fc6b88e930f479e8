/** `stageline`: for people at a terminal, and for the CronJob that carries out what is due. */
import { errorLine, StagelineError } from '../core/errors.ts';
import { approveCommand } from './commands/approve.ts';
import { doctorCommand } from './commands/doctor.ts';
import { initCommand } from './commands/init.ts';
import { lintCommand } from './commands/lint.ts';
import { promoteCommand } from './commands/promote.ts';
import { renderCommand } from './commands/render.ts';
import { schemaCommand } from './commands/schema.ts';
import { statusCommand } from './commands/status.ts';
import { traceReplayCommand } from './commands/trace-replay.ts';
import { runCommand } from './run.ts';

const commands = [
  approveCommand,
  doctorCommand,
  initCommand,
  lintCommand,
  promoteCommand,
  renderCommand,
  schemaCommand,
  statusCommand,
  traceReplayCommand,
];

/** A reader that has seen enough, such as `head`, is no failure; a full disk is. */
function endWithoutStdout(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(process.exitCode);
  const failure = new StagelineError(`stdout cannot be written: ${error.message}`, {
    code: 'OUTPUT_FAILED',
    hint: 'Free space where it leads to, or write to another place',
    blame: 'system',
    cause: error,
  });
  process.stderr.write(`${errorLine(failure)}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  process.stdout.on('error', endWithoutStdout);
  try {
    process.exitCode = await runCommand(commands, process.argv.slice(2), {
      cwd: process.cwd(),
      env: process.env,
      stdout: (text) => void process.stdout.write(text),
      stderr: (text) => void process.stderr.write(text),
      colour: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
    });
  } catch (error) {
    process.stderr.write(`${errorLine(error)}\n`);
    process.exitCode = 1;
  }
}

void main();

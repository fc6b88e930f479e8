/** The plugin's command line: `generate` and `parameters`, as argocd-cmp-server calls them. */
import { writeSync } from 'node:fs';
import { errorLine, StagelineError } from '../core/errors.ts';
import { renderApplication } from './generate.ts';
import { streamParts, writeParts } from './write.ts';

const COMMANDS: Record<string, () => Promise<void>> = { generate };

async function generate(): Promise<void> {
  const rendered = await renderApplication({
    cwd: process.cwd(),
    env: process.env,
    ownsTree: true,
    warn: (error) => say(errorLine(error).replace(/^stageline: /, 'stageline: warning: ')),
  });
  writeParts(1, streamParts(rendered.stream, rendered.edits, rendered.appended));
}

function say(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch (error) {
    // With stderr closed there is nobody to tell; the exit code still says it.
    if (!(error instanceof Error)) throw error;
  }
}

async function main(): Promise<void> {
  const name = process.argv[2] ?? 'generate';
  const command = COMMANDS[name];
  try {
    if (command === undefined) {
      throw new StagelineError(`the plugin has no command "${name}"`, {
        code: 'COMMAND_UNKNOWN',
        hint: `Use one of: ${Object.keys(COMMANDS).join(', ')}`,
        blame: 'setup',
      });
    }
    await command();
  } catch (error) {
    say(errorLine(error));
    process.exitCode = 1;
  }
}

void main();

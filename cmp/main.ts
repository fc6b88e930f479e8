/** The plugin's command line: `generate` and `parameters`, as argocd-cmp-server calls them. */
import { lstatSync, mkdirSync, writeSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorLine, StagelineError } from '../core/errors.ts';
import { renderApplication } from './generate.ts';
import { readParameters } from './parameters.ts';
import { findPlace } from './place.ts';
import { streamParts, writeParts } from './write.ts';

const COMMANDS: Record<string, () => Promise<void>> = { generate, parameters };

async function generate(): Promise<void> {
  const rendered = await renderApplication({
    cwd: process.cwd(),
    env: process.env,
    ownsTree: true,
    warn: (error) => say(errorLine(error).replace(/^stageline: /, 'stageline: warning: ')),
  });
  writeParts(1, streamParts(rendered.stream, rendered.edits, rendered.appended));
}

/** Prints what Argo CD's Parameters page shows: a JSON list. `--static` prints what belongs into plugin.yaml. */
async function parameters(): Promise<void> {
  const lazy = await import('./lazy.ts');
  const announced =
    process.argv[3] === '--static'
      ? lazy.staticAnnouncements()
      : lazy.dynamicAnnouncements(
          findPlace(process.cwd(), process.env['ARGOCD_APP_SOURCE_PATH']),
          readParameters(process.env['ARGOCD_APP_PARAMETERS']),
        );
  const text = Buffer.from(`${JSON.stringify(announced)}\n`, 'utf8');
  writeParts(1, [text.toString('latin1')]);
}

/** Keeps what the JavaScript engine makes of our files: a render is a new process each time. Only where it is ours. */
function keepCompiledCode(): void {
  const folder = join(tmpdir(), `stageline-code-${process.getuid?.() ?? 0}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (lstatSync(folder).isDirectory() && lstatSync(folder).uid === process.getuid?.())
      enableCompileCache(folder);
  } catch {
    // A read-only or full disk: then there is no such cache, and all else works.
  }
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
    keepCompiledCode();
    await command();
  } catch (error) {
    say(errorLine(error));
    process.exitCode = 1;
  }
}

void main();

/** The plugin's command line: `generate` and `parameters`, as argocd-cmp-server calls them. */
import { lstatSync, mkdirSync, readdirSync, statSync, writeSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errorLine, StagelineError } from '../core/errors.ts';
import { renderApplication } from './generate.ts';
import { takeHeadStart } from './head-start.ts';
import { readParameters } from './parameters.ts';
import { findPlace } from './place.ts';
import type { Memory } from './remember.ts';

const COMMANDS: Record<string, () => Promise<void>> = { generate, parameters };

async function generate(): Promise<void> {
  const bundle = process.argv[1] ?? '';
  const folder = bundle.endsWith('.cjs') ? ownFolder() : undefined;
  const rendered = await renderApplication({
    cwd: process.cwd(),
    env: process.env,
    ownsTree: true,
    whileProgramsRun: () => {
      if (folder !== undefined) enableCompileCache(folder);
    },
    memory: folder === undefined ? undefined : memoryIn(folder, bundle),
    headStart: folder === undefined ? undefined : takeHeadStart(join(folder, 'starts'), process.env),
    warn: (error) => say(errorLine(error).replace(/^stageline: /, 'stageline: warning: ')),
  });
  const { streamParts, writeParts } = await import('./lazy.ts');
  writeParts(1, streamParts(rendered.stream, rendered.edits, rendered.appended));
}

/** Prints what Argo CD's Parameters page shows: a JSON list. `--static` prints what belongs into plugin.yaml. */
async function parameters(): Promise<void> {
  const [parsers, { writeParts }] = await Promise.all([import('./parsers.ts'), import('./lazy.ts')]);
  const announced =
    process.argv[3] === '--static'
      ? parsers.staticAnnouncements()
      : parsers.dynamicAnnouncements(
          findPlace(process.cwd(), process.env['ARGOCD_APP_SOURCE_PATH']),
          readParameters(process.env['ARGOCD_APP_PARAMETERS']),
        );
  const text = Buffer.from(`${JSON.stringify(announced)}\n`, 'utf8');
  writeParts(1, [text.toString('latin1')]);
}

/**
 * A folder of this user alone that outlives the process: for what the JavaScript engine makes of our files, and for
 * what earlier renders read. Undefined where there can be none, and when the sources run unbundled.
 */
function ownFolder(): string | undefined {
  const folder = join(tmpdir(), `stageline-code-${process.getuid?.() ?? 0}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(folder);
    return stat.isDirectory() && stat.uid === process.getuid?.() ? folder : undefined;
  } catch {
    // A read-only or full disk: everything works without.
    return undefined;
  }
}

/** The release is asked for while programs run. */
function memoryIn(folder: string, bundle: string): Memory {
  let release: string | undefined;
  return {
    folder: join(folder, 'files'),
    get release() {
      return (release ??= releaseOf(bundle));
    },
  };
}

/** What tells this build from another: name, size and time of its files. */
function releaseOf(bundle: string): string {
  const folder = dirname(bundle);
  return readdirSync(folder)
    .filter((name) => /^cmp.*\.cjs$/.test(name))
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return `${name} ${size} ${mtimeMs}`;
    })
    .join('\n');
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

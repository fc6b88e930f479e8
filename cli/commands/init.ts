/** `stageline init`: from a repository with Applications to one with a pipeline. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { messageOf, StagelineError } from '../../core/errors.ts';
import type { Command, CommandIo } from '../command.ts';
import { unifiedDiff } from './init/diff.ts';
import { planInit, type InitPlan } from './init/plan-init.ts';
import type { FileChange } from './init/types.ts';

const HELP = `Usage: stageline init [folder] [options]

Finds the Argo CD Applications in this repository, writes a pipeline file for those that are stages of one product,
and lets the plugin render them: source.helm, source.kustomize or source.directory becomes source.plugin with
parameters that say the same. It shows what it would change and asks before it writes.

  --stage <stage>=<application>  Name the stages, in order, where they cannot be guessed. Repeat it.
  --key <key>                    The value that is the version, such as image.tag. Repeat it.
  --pipeline <name>              Name of the pipeline, with --stage.
  --yes                          Write without asking.`;

/** Asks at the terminal; false where there is none. */
export type Confirm = (question: string) => Promise<boolean>;

/** The command; how it asks can be replaced. */
export function createInitCommand(confirm: Confirm): Command {
  return {
    name: 'init',
    summary: 'Write a first pipeline file and let the plugin render its Applications',
    help: HELP,
    run: (args, io) => init(args, io, confirm),
  };
}

export const initCommand = createInitCommand(askAtTerminal);

async function init(args: string[], io: CommandIo, confirm: Confirm): Promise<number> {
  const { values, positionals } = parse(args);
  const root = repositoryRoot(path.resolve(io.cwd, positionals[0] ?? '.'));
  const plan = planInit(root, {
    stages: values.stage ?? [],
    keys: values.key ?? [],
    pipeline: values.pipeline,
  });
  for (const change of plan.changes) io.stdout(`${unifiedDiff(change)}\n\n`);
  for (const { what, why } of plan.skipped) io.stdout(`left alone: ${what}: ${why}\n`);
  for (const note of plan.notes) io.stdout(`note: ${note}\n`);
  const count = `${plan.changes.length} ${plan.changes.length === 1 ? 'file' : 'files'}`;
  if (values.yes !== true && !(await confirm(`Write ${count}?`))) {
    io.stdout('Nothing was written. With --yes it is written without a question.\n');
    return 1;
  }
  for (const change of plan.changes) write(root, change);
  io.stdout(nextSteps(plan));
  return 0;
}

function write(root: string, { file, after }: FileChange): void {
  try {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), after);
  } catch (cause) {
    throw new StagelineError(`${file} could not be written: ${messageOf(cause)}`, {
      code: 'INIT_WRITE',
      hint: 'Run it as the user whose clone it is; in a container: --user "$(id -u):$(id -g)"',
      cause,
    });
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        stage: { type: 'string', multiple: true },
        key: { type: 'string', multiple: true },
        pipeline: { type: 'string' },
        yes: { type: 'boolean', short: 'y' },
      },
    });
  } catch (cause) {
    throw new StagelineError(`stageline init: ${messageOf(cause)}`, {
      code: 'USAGE',
      hint: 'stageline init --help lists the options',
      cause,
    });
  }
}

/** The nearest folder with `.git`, upwards. Errors: `INIT_NO_REPOSITORY`. */
function repositoryRoot(folder: string): string {
  for (let at = folder; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, '.git'))) return at;
    if (path.dirname(at) === at) break;
  }
  throw new StagelineError(`${folder} is not in a Git repository`, {
    code: 'INIT_NO_REPOSITORY',
    hint: 'Run it in a clone of the repository that Argo CD delivers from',
  });
}

function nextSteps(plan: InitPlan): string {
  const stages = plan.pipelines.flatMap(({ stages: of }) => of.map(({ application }) => application.name));
  return `
Written. Next:
  1. Add a first check to ${plan.pipelines.map(({ file }) => file).join(', ')}, and look at the rest of it.
  2. In the namespace of each stage (${stages.join(', ')}): manifests/hooks, and the Secret stageline-git that promotes.
  3. Commit, push, and apply the Applications that changed. "stageline doctor" checks the installation.
`;
}

async function askAtTerminal(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/** `stageline lint`: pipeline files and charts of a whole repository, for CI. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { lintRepository, type LintProblem } from '../../cmp/index.ts';
import { messageOf, StagelineError } from '../../core/errors.ts';
import type { Command, CommandIo } from '../command.ts';

const FORMATS = ['text', 'github', 'json'] as const;
type Format = (typeof FORMATS)[number];

const HELP = `Usage: stageline lint [path] [options]

Checks the whole repository that path (default: here) is in: its pipeline files, the sources of its stages by rendering
them, and whether the annotation argocd.argoproj.io/manifest-generate-paths of its Applications covers what the plugin
reads. Applications of other repositories than the clone's remotes are left out, with a note.

  --format text|github|json  github prints workflow annotations; default: github in GitHub Actions, else text
  --no-render                read files only

The exit code is 1 if there is an error; warnings and notes alone leave it 0. Helm and Kustomize are found as in the sidecar:
STAGELINE_HELM and the like, else on PATH.`;

export const lintCommand: Command = {
  name: 'lint',
  summary: 'Check the pipeline files and charts of a repository, for CI',
  help: HELP,
  run: lint,
};

async function lint(args: string[], io: CommandIo): Promise<number> {
  const { root, format, render } = readArguments(args, io);
  const problems = await lintRepository({ root, env: withHookImage(io.env), render });
  io.stdout(PRINT[format](problems));
  return problems.some(({ severity }) => severity === 'error') ? 1 : 0;
}

/** Which image the hooks will run is the sidecar's business, and no reason to fail a repository. */
function withHookImage(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...env,
    STAGELINE_HOOK_IMAGE: env['STAGELINE_HOOK_IMAGE'] ?? 'ghcr.io/stageline/stageline:latest',
  };
}

const PRINT: Record<Format, (problems: readonly LintProblem[]) => string> = {
  text: (problems) => [...problems.map(textLine), summary(problems)].join('\n') + '\n',
  github: (problems) => [...problems.map(githubLine), summary(problems)].join('\n') + '\n',
  json: (problems) => `${JSON.stringify({ problems }, null, 2)}\n`,
};

function textLine({ severity, code, file, line, message, hint }: LintProblem): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${severity} ${code}: ${message}. ${hint}`;
}

/** A workflow command of GitHub Actions; its own characters are escaped as the runner wants them. */
function githubLine({ severity, code, file, line, message, hint }: LintProblem): string {
  const data = (text: string): string =>
    text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  const property = (text: string): string => data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
  const place = line === undefined ? '' : `,line=${line}`;
  const command = severity === 'note' ? 'notice' : severity;
  return `::${command} file=${property(file)}${place},title=${property(code)}::${data(`${message}. ${hint}`)}`;
}

function summary(problems: readonly LintProblem[]): string {
  const counted = (what: LintProblem['severity']): string => {
    const count = problems.filter(({ severity }) => severity === what).length;
    return `${count} ${what}${count === 1 ? '' : 's'}`;
  };
  return `${counted('error')}, ${counted('warning')}`;
}

function readArguments(args: string[], io: CommandIo): { root: string; format: Format; render: boolean } {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: { format: { type: 'string' }, 'no-render': { type: 'boolean', default: false } },
    });
  } catch (cause) {
    throw new StagelineError(messageOf(cause), { code: 'USAGE', hint: 'See stageline lint --help', cause });
  }
  const asked = parsed.values.format ?? (io.env['GITHUB_ACTIONS'] === 'true' ? 'github' : 'text');
  const format = FORMATS.find((known) => known === asked);
  if (format === undefined) {
    throw new StagelineError(`there is no format "${asked}"`, {
      code: 'USAGE',
      hint: `Use one of: ${FORMATS.join(', ')}`,
    });
  }
  return {
    root: repositoryRoot(path.resolve(io.cwd, parsed.positionals[0] ?? '.')),
    format,
    render: !parsed.values['no-render'],
  };
}

/**
 * The nearest folder upwards with `.git`; in an exported tree the nearest with a pipeline file, else the folder itself.
 * Errors: `USAGE`.
 */
function repositoryRoot(folder: string): string {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new StagelineError(`there is no folder ${folder}`, {
      code: 'USAGE',
      hint: 'Name a clone of the repository that Argo CD delivers from, or a folder in it',
    });
  }
  return nearestWith('.git', folder) ?? nearestWith('stageline.yaml', folder) ?? folder;
}

function nearestWith(name: string, folder: string): string | undefined {
  for (let at = folder; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, name))) return at;
    if (path.dirname(at) === at) return undefined;
  }
}

/** `stageline render`: what the plugin would give Argo CD, at a terminal, with what was put into it in colour. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { renderApplication, type Edit, type Rendered } from '../../cmp/index.ts';
import { isFile, isInside } from '../../cmp/place.ts';
import { errorLine, messageOf, StagelineError } from '../../core/errors.ts';
import { instanceNameOf } from '../../core/pipeline/find-stage.ts';
import { parsePipeline } from '../../core/pipeline/parse.ts';
import { tryGit } from '../../runtime/git.ts';
import type { Command, CommandIo } from '../command.ts';

const HELP = `Usage: stageline render [path] [options]

Renders the application at path (default: here) as the plugin does in Argo CD's repo-server.

  --application NAME     the Application; default: that of the stage with this path in stageline.yaml
  --namespace NAME       destination namespace; default: the application's name
  --parameter NAME=VALUE a plugin parameter, repeatable; VALUE may be JSON for lists and maps
  --plan                 print the plan as JSON in place of the manifests

Insertions are green where stdout is a terminal. STAGELINE_HELM and the other settings of the sidecar are read
from the environment.`;

const NO_COMMIT = '0'.repeat(40);

export const renderCommand: Command = {
  name: 'render',
  summary: 'Render an application as the plugin does, and show what is injected',
  help: HELP,
  run: render,
};

async function render(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readArguments(args);
  const folder = path.resolve(io.cwd, positionals[0] ?? '.');
  const root = repositoryRoot(folder);
  const sourcePath = path.relative(root, folder) || '.';
  const application = values.application ?? applicationAt(root, folder);
  const rendered = await renderApplication({
    cwd: folder,
    env: {
      ...io.env,
      STAGELINE_HOOK_IMAGE: io.env['STAGELINE_HOOK_IMAGE'] ?? 'ghcr.io/stageline/stageline:latest',
      ARGOCD_APP_NAME: application,
      ARGOCD_APP_NAMESPACE: values.namespace ?? application,
      ARGOCD_APP_SOURCE_PATH: sourcePath,
      ARGOCD_APP_REVISION: await headOf(root),
      ARGOCD_APP_SOURCE_REPO_URL: io.env['ARGOCD_APP_SOURCE_REPO_URL'] ?? `file://${root}`,
      ARGOCD_APP_SOURCE_TARGET_REVISION: io.env['ARGOCD_APP_SOURCE_TARGET_REVISION'] ?? 'HEAD',
      ARGOCD_APP_PARAMETERS: JSON.stringify((values.parameter ?? []).map(announced)),
    },
    warn: (error) => io.stderr(`${errorLine(error)}\n`),
  });
  io.stdout(
    values.plan ? `${JSON.stringify(rendered.plan ?? null, null, 2)}\n` : coloured(rendered, io.colour),
  );
  return 0;
}

function readArguments(args: string[]): {
  values: { application?: string; namespace?: string; parameter?: string[]; plan?: boolean };
  positionals: string[];
} {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        application: { type: 'string' },
        namespace: { type: 'string' },
        parameter: { type: 'string', multiple: true },
        plan: { type: 'boolean' },
      },
    });
  } catch (cause) {
    throw new StagelineError(messageOf(cause), { code: 'USAGE', hint: 'See stageline render --help', cause });
  }
}

/**
 * The nearest folder upwards with a `.git`, which is a file in a work tree of Git's. In a tree without Git it is the
 * folder from which a stage of a pipeline file leads here; else the folder itself. Without Git's folder the commit is
 * a digest of the files.
 */
function repositoryRoot(folder: string): string {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new StagelineError(`there is no folder ${folder}`, {
      code: 'USAGE',
      hint: 'Name the path of an application',
    });
  }
  for (let at = folder; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, '.git'))) return at;
    if (at === path.dirname(at)) break;
  }
  return rootWithoutGit(folder);
}

/** Whatever is wrong with a pipeline file is the render's to say. */
function rootWithoutGit(folder: string): string {
  for (let at = folder; ; at = path.dirname(at)) {
    const file = path.join(at, 'stageline.yaml');
    if (isFile(file)) {
      try {
        const { pipeline } = parsePipeline(readFileSync(file, 'utf8'), file);
        const tails = pipeline.stages.map((stage) => path.join(path.sep, stage.path));
        const tail = tails.find((candidate) => folder.endsWith(candidate));
        return tail === undefined ? at : folder.slice(0, -tail.length) || path.sep;
      } catch (error) {
        if (!(error instanceof StagelineError)) throw error;
        return at;
      }
    }
    if (at === path.dirname(at)) return folder;
  }
}

function applicationAt(root: string, folder: string): string {
  const sourcePath = path.relative(root, folder);
  for (let at = folder; at.startsWith(root); at = path.dirname(at)) {
    const file = path.join(at, 'stageline.yaml');
    // One that is a link out of the repository is refused when it is rendered.
    if (isFile(file) && isInside(realpathSync(root), realpathSync(file))) {
      const { pipeline } = parsePipeline(readFileSync(file, 'utf8'), path.relative(root, file));
      const stage = pipeline.stages.find(
        (candidate) => path.normalize(candidate.path) === path.normalize(sourcePath),
      );
      if (stage) return instanceNameOf(stage);
    }
    if (at === path.dirname(at)) break;
  }
  return path.basename(folder);
}

async function headOf(root: string): Promise<string> {
  const gitDir = gitDirOf(root);
  if (gitDir === undefined) return NO_COMMIT;
  const head = await tryGit(['rev-parse', 'HEAD'], { gitDir });
  return head.exitCode === 0 ? head.stdout.trim() : NO_COMMIT;
}

/** Git's folder: `.git`, or the one that the file of this name in a work tree leads to. */
function gitDirOf(root: string): string | undefined {
  const here = path.join(root, '.git');
  if (!existsSync(here)) return undefined;
  if (statSync(here).isDirectory()) return here;
  const [, named] = /^gitdir: (.+)$/m.exec(readFileSync(here, 'utf8')) ?? [];
  const gitDir = named === undefined ? undefined : path.resolve(root, named.trim());
  return gitDir !== undefined && existsSync(path.join(gitDir, 'HEAD')) ? gitDir : undefined;
}

function announced(text: string): Record<string, unknown> {
  const [name = '', ...rest] = text.split('=');
  const value = rest.join('=');
  if (!/^[[{]/.test(value)) return { name, string: value };
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? { name, array: parsed } : { name, map: parsed };
  } catch (cause) {
    throw new StagelineError(`parameter "${name}" is not JSON: ${messageOf(cause)}`, {
      code: 'USAGE',
      hint: 'Quote it for the shell, or give plain text',
      cause,
    });
  }
}

const GREEN = '\u001B[32m';
const PLAIN = '\u001B[39m';

function coloured(rendered: Rendered, colour: boolean): string {
  const paint = (text: string): string => (colour && text !== '' ? `${GREEN}${text}${PLAIN}` : text);
  const text = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');
  let from = 0;
  const parts = rendered.edits.map((edit: Edit) => {
    const before = rendered.stream.slice(from, edit.at);
    from = edit.at + edit.remove;
    return text(before) + paint(text(edit.insert));
  });
  const rest = text(rendered.stream.slice(from));
  const gap = rest === '' || rest.endsWith('\n') ? '' : '\n';
  return parts.join('') + rest + gap + paint(rendered.appended);
}

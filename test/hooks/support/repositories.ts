/** The repositories of the hook tests' world. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Runs Git as Ada, and gives what it printed. */
export function runGit(args: readonly string[]): string {
  const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  return execFileSync('git', [...author, ...args], { encoding: 'utf8' });
}

/** Writes files, commits them, and gives the commit. */
export function commitIn(work: string, files: Record<string, string>, message: string): string {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(work, file)), { recursive: true });
    writeFileSync(path.join(work, file), text);
  }
  runGit(['-C', work, 'add', '--all']);
  runGit(['-C', work, 'commit', '--quiet', '--message', message]);
  return runGit(['-C', work, 'rev-parse', 'HEAD']).trim();
}

/** The repositories that every world begins with, by path; undefined is a folder. Making them takes long: once a process. */
let template: Map<string, Buffer | undefined> | undefined;

/** Puts the shop's work tree and its bare repository into a folder: dev on v2, prod on v1. */
export function copyRepositories(folder: string): { work: string; bare: string } {
  template ??= makeTemplate();
  for (const [name, content] of template) {
    if (content === undefined) mkdirSync(path.join(folder, name), { recursive: true });
    else writeFileSync(path.join(folder, name), content);
  }
  return { work: path.join(folder, 'work'), bare: path.join(folder, 'shop.git') };
}

function makeTemplate(): Map<string, Buffer | undefined> {
  const folder = mkdtempSync(path.join(tmpdir(), 'stageline-hooks-'));
  const work = path.join(folder, 'work');
  const bare = path.join(folder, 'shop.git');
  runGit(['init', '--quiet', '--template=', '--initial-branch=main', work]);
  const files = {
    'charts/dev/values.yaml': 'frontend:\n  tag: v2\n',
    'charts/prod/values.yaml': '# prod\nfrontend:\n  tag: v1 # by promotion\nmode: 0644\n',
  };
  commitIn(work, files, 'Use v2 in dev');
  runGit(['clone', '--quiet', '--template=', '--bare', work, bare]);
  runGit(['--git-dir', bare, 'config', 'http.receivepack', 'true']);
  runGit(['--git-dir', bare, 'config', 'uploadpack.allowFilter', 'true']);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const contents = names.map((name): [string, Buffer | undefined] => {
    const file = path.join(folder, name);
    return [name, statSync(file).isDirectory() ? undefined : readFileSync(file)];
  });
  rmSync(folder, { recursive: true });
  return new Map(contents);
}

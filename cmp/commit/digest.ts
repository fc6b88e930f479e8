/**
 * The digest of an application's inputs, in place of a commit where there is no usable history. Git's own blob ids
 * are its parts, so that it is the same from a tree and from plain files.
 */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import { isInput, type Inputs } from './inputs.ts';

const MAX_FILES = 50_000;
const EXECUTABLE = 0o100;

/** `digest-<16 hexadecimal digits>` from the output of `git ls-tree -r -z`. Submodules count by their commit. */
export function digestOfTree(listing: string, inputs: Inputs): string {
  const lines = listing.split('\0').flatMap((entry) => {
    const match = /^(\d{6}) \w+ ([0-9a-f]+)\t(.*)$/s.exec(entry);
    const path = match?.[3];
    return match && path !== undefined && isInput(inputs, path) ? [`${match[1]} ${match[2]} ${path}`] : [];
  });
  return digest(lines);
}

/** The same from files; links are not followed, `.git` is left out. Errors: `INPUTS_TOO_MANY`, `INPUTS_EMPTY`. */
export function digestOfWorkTree(tree: { root: string; missingPrefix: string }, inputs: Inputs): string {
  const prefix = tree.missingPrefix === '' ? '' : `${tree.missingPrefix}/`;
  const lines: string[] = [];
  const visit = (path: string): void => {
    // The root may be the application's own folder, where Argo CD hands over no more than that.
    const inside = `${path}/`.startsWith(prefix) ? path.slice(prefix.length) : path;
    const absolute = join(tree.root, inside);
    const stat = lstatSync(absolute, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isDirectory()) {
      for (const name of readdirSync(absolute).sort()) {
        if (name !== '.git') visit(path === '.' ? name : `${path}/${name}`);
      }
    } else if (isInput(inputs, path)) {
      if (lines.length >= MAX_FILES) throw tooMany(inputs);
      if (stat.isSymbolicLink()) lines.push(`120000 ${blobId(Buffer.from(readlinkSync(absolute)))} ${path}`);
      else if (stat.isFile()) {
        const mode = (stat.mode & EXECUTABLE) === 0 ? '100644' : '100755';
        lines.push(`${mode} ${blobId(readFileSync(absolute))} ${path}`);
      }
    }
  };
  for (const path of inputs.include) visit(path);
  return digest(lines);
}

function digest(lines: string[]): string {
  if (lines.length === 0) {
    throw new StagelineError('the application has no input files', {
      code: 'INPUTS_EMPTY',
      hint: 'Check the path of the application',
    });
  }
  return `digest-${createHash('sha256').update(lines.sort().join('\n')).digest('hex').slice(0, 16)}`;
}

/** As Git names a blob in a repository with SHA-1. */
function blobId(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

function tooMany(inputs: Inputs): StagelineError {
  return new StagelineError(`the inputs ${inputs.include.join(', ')} have more than ${MAX_FILES} files`, {
    code: 'INPUTS_TOO_MANY',
    hint: 'Give the application a folder of its own, or let Argo CD hand over the Git history',
  });
}

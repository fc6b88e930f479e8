/**
 * Copies a repository as argocd-cmp-server receives it: regular files, directories and symlinks only, plain
 * modes, fresh modification times; a symlink that leaves the tree is refused.
 */
import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** Copies `from` to `to`, which must not exist. Throws on a symlink that points outside `from`. */
export async function copyTree(from: string, to: string): Promise<void> {
  await copyDirectory(from, to, { from, to });
}

async function copyDirectory(
  source: string,
  target: string,
  roots: { from: string; to: string },
): Promise<void> {
  await mkdir(target, { recursive: true, mode: 0o755 });
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const path = join(source, entry.name);
    const copy = join(target, entry.name);
    if (entry.isDirectory()) await copyDirectory(path, copy, roots);
    else if (entry.isSymbolicLink()) await copySymlink(path, copy, roots.from);
    else if (entry.isFile()) await copyRegularFile(path, copy);
  }
}

async function copyRegularFile(path: string, copy: string): Promise<void> {
  await copyFile(path, copy, constants.COPYFILE_FICLONE);
  await chmod(copy, 0o644);
}

async function copySymlink(path: string, copy: string, root: string): Promise<void> {
  const text = await readlink(path);
  const target = isAbsolute(text) ? text : resolve(dirname(path), text);
  if (target !== root && !target.startsWith(root + sep)) {
    throw new Error(`illegal filepath in symlink: ${relative(root, path)} -> ${text}`);
  }
  await symlink(relative(dirname(path), target), copy);
}

/** Links inside an application that lead out of the repository: a renderer would follow them to the sidecar's files. */
import { readdirSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import { isInside, type Place } from '../place.ts';

/** Looks through folders and files, links not followed. Errors: `PATH_OUTSIDE` naming the link. */
export function refuseOutsideLinks(place: Place, folders: readonly string[]): void {
  const pending = [...folders];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== '.git') pending.push(path);
      else if (entry.isSymbolicLink() && !leadsInside(place, path)) throw outsideLink(place, path);
    }
  }
}

function entriesOf(folder: string): ReturnType<typeof readEntries> {
  try {
    return readEntries(folder);
  } catch (error) {
    // An input may be a file, or gone: then there is nothing to look through.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOTDIR' || error.code === 'ENOENT'))
      return [];
    throw error;
  }
}

function readEntries(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}

function leadsInside(place: Place, link: string): boolean {
  try {
    const target = realpathSync.native(link);
    return isInside(place.root, target) && !isInside(join(place.root, '.git'), target);
  } catch (error) {
    // A link to nothing reads nothing.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return true;
    throw error;
  }
}

function outsideLink(place: Place, link: string): StagelineError {
  return new StagelineError(`${relative(place.root, link)} is a link out of the repository`, {
    code: 'PATH_OUTSIDE',
    hint: 'Put the file itself into the repository',
  });
}

/** Links inside an application that lead out of the repository: a renderer would follow them to the sidecar's files. */
import { existsSync, readdirSync, realpathSync, type Dirent } from 'node:fs';
import { join, relative } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import { isInside, type Place } from '../place.ts';

/** An input may be a file, gone, or a link in a circle: then there is nothing to look through. */
const NO_FOLDER: readonly unknown[] = ['ENOTDIR', 'ENOENT', 'ELOOP'];

/** The links of folders that were looked through, so that each is looked through once a render. */
const known = new WeakMap<Place, Map<string, string[]>>();

/**
 * Looks through folders and files, links not followed. Gives the links that lead to something inside of the repository,
 * as absolute paths. Errors: `PATH_OUTSIDE` naming the link.
 */
export function refuseOutsideLinks(place: Place, folders: readonly string[]): string[] {
  const links = known.get(place) ?? new Map<string, string[]>();
  known.set(place, links);
  return folders.flatMap((folder) => {
    const found = links.get(folder) ?? linksIn(place, folder);
    links.set(folder, found);
    return found;
  });
}

function linksIn(place: Place, start: string): string[] {
  const links: string[] = [];
  const pending = [start];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== '.git') pending.push(path);
      else if (entry.isSymbolicLink() && leadsSomewhere(place, path)) links.push(path);
    }
  }
  return links;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && NO_FOLDER.includes(error.code)) return [];
    throw error;
  }
}

/** Whether there is something to read behind a link. Errors: `PATH_OUTSIDE` if it is outside of the repository. */
function leadsSomewhere(place: Place, link: string): boolean {
  try {
    const target = realpathSync.native(link);
    if (isInside(place.root, target) && !isInside(join(place.root, '.git'), target)) return true;
  } catch {
    // It leads nowhere or in a circle; or to what has no path, such as /dev/stdin.
    if (!existsSync(link)) return false;
  }
  throw outsideLink(place, link);
}

/** The error that names a link out of the repository. */
export function outsideLink(place: Place, link: string): StagelineError {
  return new StagelineError(`${relative(place.root, link)} is a link out of the repository`, {
    code: 'PATH_OUTSIDE',
    hint: 'Put the file itself into the repository',
  });
}

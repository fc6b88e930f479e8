/** Where a render happens: the repository's root, the application's path in it, and files that must stay inside. */
import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize, relative, resolve, sep } from 'node:path';
import { StagelineError } from '../core/errors.ts';

/** What argocd-cmp-server says about the application. */
export interface Application {
  /** ARGOCD_APP_NAME: `<namespace>_<name>` outside the control-plane namespace. */
  name: string;
  /** ARGOCD_APP_NAMESPACE: the destination namespace. */
  namespace: string;
  /** ARGOCD_APP_REVISION. */
  revision: string;
  /** ARGOCD_APP_SOURCE_REPO_URL, without credentials. */
  repoURL: string;
  targetRevision: string;
  /** ARGOCD_APP_PROJECT_NAME: only hook Jobs may carry it, for a move to another project changes nothing else. */
  project?: string;
}

export interface Place {
  /** Absolute, without symlinks. */
  root: string;
  /** Absolute path of the application. */
  dir: string;
  /** The same, relative to the repository's root, `/`-separated; `.` for the root itself. */
  path: string;
  /** What the root lacks of the repository: Argo CD may hand over a part of it only. Empty if it is whole. */
  missingPrefix: string;
  /** The git directory, if it is there. */
  gitDir: string | undefined;
}

/** Reads the application's variables. Errors: `ENVIRONMENT_MISSING`. */
export function readApplication(env: NodeJS.ProcessEnv): Application {
  const name = env['ARGOCD_APP_NAME'];
  if (!name) {
    throw new StagelineError('ARGOCD_APP_NAME is not set', {
      code: 'ENVIRONMENT_MISSING',
      hint: 'Run the plugin from argocd-cmp-server, or use "stageline render" at a terminal',
      blame: 'setup',
    });
  }
  return {
    name,
    namespace: env['ARGOCD_APP_NAMESPACE'] ?? '',
    revision: env['ARGOCD_APP_REVISION'] ?? '',
    repoURL: withoutCredentials(env['ARGOCD_APP_SOURCE_REPO_URL'] ?? ''),
    targetRevision: env['ARGOCD_APP_SOURCE_TARGET_REVISION'] ?? '',
    ...(env['ARGOCD_APP_PROJECT_NAME'] ? { project: env['ARGOCD_APP_PROJECT_NAME'] } : {}),
  };
}

/**
 * Argo CD passes an Application's address on as it was written. It goes into plans and renders, which more people can
 * read than the Application, so what may be secret stays out; SSH keeps its user, which is none.
 */
function withoutCredentials(address: string): string {
  return address
    .replace(/^(https?:\/\/)[^/?#]*@/i, '$1')
    .replace(/^((?:git\+)?ssh:\/\/[^/?#:@]*):[^/?#]*@/i, '$1@');
}

/**
 * Finds the root: the working directory without the application's path. Argo CD hands over a common folder of the
 * paths in `manifest-generate-paths` when told to; then the path ends like the working directory does, and its
 * beginning is missing. A path with a link in it stands for the folder that it leads to.
 */
export function findPlace(cwd: string, sourcePath: string | undefined): Place {
  const dir = realpathSync.native(cwd);
  const parts = cleanPath(sourcePath ?? '.')
    .split('/')
    .filter((part) => part !== '.');
  const here = dir.split(sep);
  const linked = endsWith(here, parts) ? undefined : rootOfLinked(dir, parts.join('/'));
  if (linked !== undefined) return findPlace(dir, relative(linked, dir));
  let kept = parts.length;
  while (kept > 0 && !endsWith(here, parts.slice(parts.length - kept))) kept -= 1;
  const root = here.slice(0, here.length - kept).join(sep) || sep;
  const gitDir = join(root, '.git');
  const whole = kept === parts.length;
  return {
    root,
    dir,
    path: parts.join('/') || '.',
    missingPrefix: whole ? '' : parts.slice(0, parts.length - kept).join('/'),
    // A file or a link named .git would point Git at a place of the repository's choosing; and with
    // --plugin-tar-exclude=.git/* the folder comes empty.
    gitDir: whole && isDirectory(gitDir) && existsSync(join(gitDir, 'HEAD')) ? gitDir : undefined,
  };
}

/** The root from which the application's path leads to its folder over a link, as it may inside of a repository. */
function rootOfLinked(dir: string, path: string): string | undefined {
  for (let root = dirname(dir); root !== dirname(root); root = dirname(root)) {
    const folder = join(root, path);
    if (existsSync(folder) && realpathSync.native(folder) === dir) return root;
  }
  return undefined;
}

function endsWith(whole: readonly string[], tail: readonly string[]): boolean {
  return tail.every((part, index) => whole[whole.length - tail.length + index] === part);
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** A repository-relative path without `./`, `//` and a trailing slash; `.` if nothing is left. */
export function cleanPath(path: string): string {
  return normalize(path.replace(/\\/g, '/')).replace(/^\/+/, '').replace(/\/+$/, '') || '.';
}

/**
 * Absolute path of a file that an Application names: relative to the application's path, or to the root if it begins
 * with a slash. Neither dots nor links may lead out of the repository. Errors: `PATH_OUTSIDE`.
 */
export function resolveInside(place: Place, path: string, what: string): string {
  const absolute = isAbsolute(path) ? join(place.root, path) : resolve(place.dir, path);
  if (!isInside(place.root, absolute) || !isInside(place.root, realOrNearest(absolute))) {
    throw new StagelineError(`${what} "${path}" of ${place.path} leads out of the repository`, {
      code: 'PATH_OUTSIDE',
      hint: 'Name a path inside the repository; "/" stands for its root',
    });
  }
  return absolute;
}

/** Whether a path leads to a file, over links or not; a link that leads nowhere or in a circle does not. */
export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Nothing that could be read.
    return false;
  }
}

/** Whether a path is the folder or in it; both absolute and normal. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** The path with links resolved, as far as it exists. */
function realOrNearest(path: string): string {
  if (existsSync(path)) return realpathSync.native(path);
  const parent = dirname(path);
  return parent === path ? path : join(realOrNearest(parent), path.slice(parent.length));
}

/** Repository-relative, `/`-separated form of an absolute path inside the root. */
export function repositoryPath(place: Place, absolute: string): string {
  const inner = relative(place.root, absolute).split(sep).join('/') || '.';
  return place.missingPrefix === '' ? inner : cleanPath(`${place.missingPrefix}/${inner}`);
}

/** What a render reads through links: Git knows a link only by its own text, and not by what is behind it. */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { isInside, repositoryPath, type Place } from '../place.ts';
import { outsideLink, refuseOutsideLinks } from '../sources/links.ts';
import { outermostSubmodule, type ApplicationInputs } from './application-inputs.ts';
import { isInput, makeInputs, type Inputs } from './inputs.ts';

/** As many as Go follows; the system gives up sooner. */
const MAX_LINKS = 255;

/**
 * The inputs with every link on the way to them and all that it leads to, links behind links too. A link that belongs to
 * another stage is not followed; one that leads to another stage's file makes it an input after all.
 * Errors: `PATH_OUTSIDE`.
 */
export function withLinked(inputs: ApplicationInputs): Inputs {
  const { place } = inputs;
  const pending = inputs.rendered.map((path) => join(place.root, relative(place.missingPrefix, path)));
  const seen = new Set<string>();
  const linked = new Set<string>();
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const { links, end } = follow(place, path);
    for (const link of links) linked.add(repositoryPath(place, link));
    if (end === undefined || seen.has(end.path)) continue;
    seen.add(end.path);
    if (end.path !== path) linked.add(repositoryPath(place, end.path));
    if (!end.stats.isDirectory()) continue;
    for (const link of refuseOutsideLinks(place, [end.path])) {
      if (!isExcluded(inputs, repositoryPath(place, link))) pending.push(link);
    }
  }
  if (linked.size === 0) return inputs;
  return makeInputs(
    [...inputs.include, ...[...linked].map((path) => outermostSubmodule(place, path))],
    inputs.exclude.filter((path) => !linked.has(path)),
  );
}

function isExcluded({ exclude }: Inputs, path: string): boolean {
  return !isInput({ include: ['.'], exclude }, path);
}

interface Way {
  /** Links of the repository that were passed. */
  links: string[];
  /** Absent if the way leads nowhere, or in a circle. */
  end?: { path: string; stats: Stats };
}

/** Goes from the root to a path as the system does, part by part. Errors: `PATH_OUTSIDE` for where it ends. */
function follow(place: Place, path: string): Way {
  const links: string[] = [];
  const parts = partsOf(relative(place.root, path));
  let here = place.root;
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const next = join(here, part);
    const stats = statsOf(next);
    if (stats === undefined) return { links };
    if (!stats.isSymbolicLink()) {
      here = next;
      continue;
    }
    if (links.length >= MAX_LINKS) return { links };
    links.push(next);
    const target = readlinkSync(next);
    if (isAbsolute(target)) here = sep;
    parts.push(...partsOf(target));
  }
  if (!isInside(place.root, here) || isInside(join(place.root, '.git'), here)) throw outsideLink(place, path);
  const stats = statsOf(here);
  return {
    links: links.filter((link) => isInside(place.root, link)),
    ...(stats && { end: { path: here, stats } }),
  };
}

/** The parts of a path, the first one last. */
function partsOf(path: string): string[] {
  return path
    .split(sep)
    .filter((part) => part !== '' && part !== '.')
    .reverse();
}

/** Undefined for what cannot be read, and so is nothing to a renderer either. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

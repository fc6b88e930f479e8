/**
 * The version of an application's last render, which is a guess at this one's: the commits of a repository are mostly
 * of other applications. In the first bundle, and so without a hash that would have to be loaded.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fnv1a } from '../core/fnv1a.ts';
import type { Memory } from './remember.ts';
import type { SourceContext, Version } from './sources/types.ts';

/** Where it is noted, and what the note says. */
export function versionNote(
  memory: Memory,
  context: SourceContext,
  version: Version,
): { file: string; text: string } {
  const name = nameOf(context);
  return { file: fileOf(memory, name), text: JSON.stringify({ name, ...version }) };
}

/** The guess, or undefined. Whoever renders with it must find out whether it is right. */
export function lastVersion(memory: Memory | undefined, context: SourceContext): Version | undefined {
  if (memory === undefined) return undefined;
  const name = nameOf(context);
  try {
    const known: unknown = JSON.parse(readFileSync(fileOf(memory, name), 'utf8'));
    if (typeof known !== 'object' || known === null) return undefined;
    const { name: whose, commitId, traceparent } = known as Record<string, unknown>;
    if (whose !== name || typeof commitId !== 'string') return undefined;
    return { commitId, traceparent: typeof traceparent === 'string' ? traceparent : undefined };
  } catch {
    // Not there, or broken: there is no guess.
    return undefined;
  }
}

function nameOf({ application, place }: SourceContext): string {
  return JSON.stringify([application.repoURL, application.targetRevision, application.name, place.path]);
}

function fileOf(memory: Memory, name: string): string {
  return join(memory.folder, `version-${fnv1a(name)}${fnv1a(`${name}.`)}.json`);
}

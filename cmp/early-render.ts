/**
 * Starts the renderer before Git has named the version: at once where the version does not matter, else with the
 * version of the last render, if one is known.
 */
import { lastVersion, versionNote } from './last-version.ts';
import type { Memory } from './remember.ts';
import type { Source, SourceContext, Version } from './sources/types.ts';

export interface EarlyRender {
  /** The render with this version: the early one, or a new one if that had another. */
  stream(version: Version): Promise<string>;
  /** What to write for the next time, or undefined if it is known already. */
  note(version: Version): { file: string; text: string } | undefined;
  /** Waits for the end of what runs, however it ends. */
  settled(): Promise<unknown>;
}

export function startEarly(source: Source, context: SourceContext, memory: Memory | undefined): EarlyRender {
  const hasHistory = context.place.gitDir !== undefined;
  // Where files are the only witness, they are read before a renderer might add to them.
  const waits = source.needsVersion || !hasHistory;
  const guessesFrom = waits && hasHistory && source.kind === 'helm' ? memory : undefined;
  const guess = guessesFrom && lastVersion(guessesFrom, context);
  const wrong = new AbortController();
  const early = waits && !guess ? undefined : source.render(guess, wrong.signal);
  early?.catch(() => undefined);
  const settled = (): Promise<unknown> => Promise.allSettled([early]);
  return {
    settled,
    stream: async (version) => {
      // The guess counts only if Git says the same.
      if (early && (!guess || sameVersion(guess, version))) return early;
      wrong.abort();
      await settled();
      return source.render(version);
    },
    note: (version) =>
      guessesFrom && !(guess && sameVersion(guess, version))
        ? versionNote(guessesFrom, context, version)
        : undefined,
  };
}

function sameVersion(a: Version, b: Version): boolean {
  return a.commitId === b.commitId && a.traceparent === b.traceparent;
}

/** The anchor: what runs now, as the live ConfigMap `stageline-<application>` says. */
import { isRecord, text } from './text.ts';

export interface Anchor {
  pipeline: string;
  stage: string;
  commit: string;
  commitMode: string;
  /** Freight id. */
  freight: string;
  /** The versions that the freight stands for, one a line in the ConfigMap. */
  versions: { key: string; value: string }[];
  definition: string;
}

const VERSIONS_SHOWN = 100;

/** Undefined if the data is not an anchor's: no stage or no commit. */
export function readAnchor(data: unknown): Anchor | undefined {
  if (!isRecord(data)) return undefined;
  const stage = text(data['stage']);
  const commit = text(data['commit']);
  if (stage === '' || commit === '') return undefined;
  return {
    pipeline: text(data['pipeline']),
    stage,
    commit,
    commitMode: text(data['commit-mode']),
    freight: text(data['freight']),
    versions: readVersions(text(data['versions'], 20_000)),
    definition: text(data['definition']),
  };
}

function readVersions(lines: string): Anchor['versions'] {
  return lines
    .split('\n')
    .slice(0, VERSIONS_SHOWN)
    .flatMap((line) => {
      const cut = line.lastIndexOf('=');
      return cut > 0 ? [{ key: line.slice(0, cut), value: line.slice(cut + 1) }] : [];
    });
}

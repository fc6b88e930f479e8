/** What `stageline init` works with. */
import type { ParameterName } from '../../../cmp/parameters.ts';

/** A parameter of `source.plugin`, as Argo CD writes it. */
export interface PluginParameter {
  name: ParameterName;
  string?: string;
  array?: string[];
  map?: Record<string, string>;
}

/** Where the text of an Application's source is, as offsets into its file. */
export interface SourcePlace {
  /** Spaces before the fields of `source`. */
  indent: number;
  /** Whole lines that `plugin` takes the place of, from top to bottom; empty if there are none. */
  replaced: { start: number; end: number }[];
  /** Where `plugin` goes if nothing is replaced: the start of a line. */
  insertAt: number;
}

export interface FoundApplication {
  /** Relative to the repository's root. */
  file: string;
  /** As pipeline files name it: `<namespace>/<name>` outside the namespace that most applications are in. */
  name: string;
  namespace: string | undefined;
  path: string;
  targetRevision: string;
  /** `spec.source` as data. */
  source: Record<string, unknown>;
  place: SourcePlace;
  /** It uses the plugin already: nothing is rewritten. */
  isDone: boolean;
}

/** Something that was found and is left as it is. */
export interface Skipped {
  what: string;
  why: string;
}

/** A stage of the pipeline that is to be written. */
export interface PlannedStage {
  name: string;
  application: FoundApplication;
}

export interface PlannedPipeline {
  name: string;
  stages: PlannedStage[];
}

/** A file as it is to be. `before` is undefined for a new one. */
export interface FileChange {
  file: string;
  before: string | undefined;
  after: string;
}

export type Json = Record<string, unknown>;

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

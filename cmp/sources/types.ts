/** What every kind of source has in common. */
import type { HeadStart } from '../head-start.ts';
import type { Parameters } from '../parameters.ts';
import type { Application, Place } from '../place.ts';
import type { Settings } from '../settings.ts';

export interface SourceContext {
  place: Place;
  application: Application;
  parameters: Parameters;
  settings: Settings;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Whether files of the tree may be written: true in the sidecar, whose copy is made for one render. */
  ownsTree: boolean;
  /** A program that may be running already. */
  headStart?: HeadStart | undefined;
}

/** What a render knows about the version when it starts; asked for only by sources that need it. */
export interface Version {
  commitId: string;
  /** Absent if there was no promotion, or a malformed one. */
  traceparent: string | undefined;
}

/** A prepared source: its inputs are known, nothing has run. */
export interface Source {
  kind: 'helm' | 'kustomize' | 'directory';
  /** Repository-relative paths outside of the application's own that the render reads. */
  outside: string[];
  /** Whether the render must wait for the version: Helm values carry it. */
  needsVersion: boolean;
  /** The trace parent that the values bring, as written; empty texts count as none. */
  valuesTraceparent: string | undefined;
  /** Renders; one character of the text is one byte. `signal` ends it early, beside the context's own. */
  render(version: Version | undefined, signal?: AbortSignal): Promise<string>;
}

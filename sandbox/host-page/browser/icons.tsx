/** Status signs in Argo CD's colours, drawn here: the page has no icon font. */
import * as React from 'react';

interface Sign {
  colour: string;
  /** SVG path in a box of 16. */
  path: string;
  spins?: true;
}

const SUCCESS = '#18BE94';
const RUNNING = '#0DADEA';
const FAILED = '#E96D76';
const WARNING = '#F4C030';
const SUSPENDED = '#766F94';
const UNKNOWN = '#CCD6DD';

const HEART = 'M8 14 2.3 8.2A3.6 3.6 0 0 1 8 3.8a3.6 3.6 0 0 1 5.7 4.4Z';
const BROKEN = `${HEART}M8 4 6.6 7l2.6 1.6L8 12`;
const CHECK = 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1ZM7 11 4 8l1-1 2 2 4-4 1 1Z';
const CROSS = 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3 9-1 1-2-2-2 2-1-1 2-2-2-2 1-1 2 2 2-2 1 1-2 2Z';
const ARROW = 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 3 4 4H9v4H7V8H4Z';
const PAUSE = 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1ZM6 5h1.5v6H6Zm2.5 0H10v6H8.5Z';
const QUESTION =
  'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-.7 9h1.4v1.5H7.3Zm0-1V8l1.4-1.2a1 1 0 1 0-1.7-.7H5.6a2.4 2.4 0 1 1 4 1.8L8.7 9Z';
const RING = 'M8 1a7 7 0 1 0 7 7h-2a5 5 0 1 1-5-5Z';
const GHOST =
  'M8 1a5 5 0 0 0-5 5v9l2-2 1.5 2L8 13l1.500 2L11 13l2 2V6a5 5 0 0 0-5-5ZM6 7a1 1 0 1 1 0-2 1 1 0 0 1 0 2Zm4 0a1 1 0 1 1 0-2 1 1 0 0 1 0 2Z';
const ANCHOR =
  'M8 1a2 2 0 0 0-.7 3.900V6H5v1.500h2.300v5A4.500 4.500 0 0 1 3.600 9L2 10.500a6 6 0 0 0 12 0L12.400 9a4.500 4.500 0 0 1-3.700 3.500v-5H11V6H8.700V4.900A2 2 0 0 0 8 1Z';

const HEALTH: Record<string, Sign> = {
  Healthy: { colour: SUCCESS, path: HEART },
  Progressing: { colour: RUNNING, path: RING, spins: true },
  Degraded: { colour: FAILED, path: BROKEN },
  Suspended: { colour: SUSPENDED, path: PAUSE },
  Missing: { colour: WARNING, path: GHOST },
  Unknown: { colour: UNKNOWN, path: QUESTION },
};
const SYNC: Record<string, Sign> = {
  Synced: { colour: SUCCESS, path: CHECK },
  OutOfSync: { colour: WARNING, path: ARROW },
  Unknown: { colour: UNKNOWN, path: RING, spins: true },
};
const PHASE: Record<string, Sign> = {
  Succeeded: { colour: SUCCESS, path: CHECK },
  Running: { colour: RUNNING, path: RING, spins: true },
  Terminating: { colour: RUNNING, path: RING, spins: true },
  Failed: { colour: FAILED, path: CROSS },
  Error: { colour: FAILED, path: CROSS },
};
const UNKNOWN_SIGN: Sign = { colour: UNKNOWN, path: QUESTION };

function SignIcon({ sign, label }: { sign: Sign; label: string }): React.ReactElement {
  return (
    <svg
      className={`host-icon${sign.spins ? ' host-icon--spins' : ''}`}
      viewBox="0 0 16 16"
      role="img"
      aria-label={label}
      style={{ fill: sign.colour }}
    >
      <title>{label}</title>
      <path fillRule="evenodd" d={sign.path} />
    </svg>
  );
}

export function HealthIcon({ status = 'Unknown' }: { status?: string | undefined }): React.ReactElement {
  return <SignIcon sign={HEALTH[status] ?? UNKNOWN_SIGN} label={status} />;
}

export function SyncIcon({ status = 'Unknown' }: { status?: string | undefined }): React.ReactElement {
  return <SignIcon sign={SYNC[status] ?? UNKNOWN_SIGN} label={status} />;
}

export function PhaseIcon({ phase = 'Unknown' }: { phase?: string | undefined }): React.ReactElement {
  return <SignIcon sign={PHASE[phase] ?? UNKNOWN_SIGN} label={phase} />;
}

export function HookIcon(): React.ReactElement {
  return <SignIcon sign={{ colour: SUSPENDED, path: ANCHOR }} label="Hook" />;
}

/** What an extension gives as its icon is a class name of an icon font; the class is there, the font is not. */
export function ExtensionIcon({ name }: { name?: string | undefined }): React.ReactElement {
  return <i className={`fa ${name ?? 'fa-puzzle-piece'} host-extension-icon`} aria-hidden="true" />;
}

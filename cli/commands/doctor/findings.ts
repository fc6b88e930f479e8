/** What a check found, and what to do about it. */

export type Status = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Finding {
  status: Status;
  /** What there is, in one line. */
  found: string;
  /** What to do, in the imperative; there unless it is ok. */
  advice?: string;
}

export function ok(found: string): Finding {
  return { status: 'ok', found };
}

export function warning(found: string, advice: string): Finding {
  return { status: 'warning', found, advice };
}

export function failed(found: string, advice: string): Finding {
  return { status: 'failed', found, advice };
}

export function skipped(found: string, advice: string): Finding {
  return { status: 'skipped', found, advice };
}

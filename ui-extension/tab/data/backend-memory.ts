/**
 * That no backend is there, or that the user may not use it, remembered for this browser tab: Argo CD tells nobody
 * which extensions it has, so the only way to know is a request that fails, which shows in the browser's console.
 */
import { isRecord } from '../view-model/text.ts';
import { remember, remembered } from './tab-memory.ts';

export type Missing = 'absent' | 'denied';

const SUBJECT = 'backend';
/** A backend that was installed since is found after this, or at once when the user asks again. */
const REMEMBERED_MS = 3_600_000;
/** Stands for every application. */
const EVERYWHERE = '';

/** What was found out about the backend for an application, `<namespace>:<name>`, within the last hour. */
export function missingBackend(application: string, now: number): Missing | undefined {
  const entries = remembered(SUBJECT);
  return entryOf(entries[EVERYWHERE], now) ?? entryOf(entries[application], now);
}

/** `missing` undefined: it did answer. `scope`: whether the answer says it of this application alone. */
export function rememberBackend(
  application: string,
  missing: Missing | undefined,
  options: { scope: 'application' | 'everywhere'; now: number },
): void {
  if (missing === undefined) return remember(SUBJECT, {});
  const key = options.scope === 'everywhere' ? EVERYWHERE : application;
  remember(SUBJECT, { ...remembered(SUBJECT), [key]: { missing, until: options.now + REMEMBERED_MS } });
}

function entryOf(entry: unknown, now: number): Missing | undefined {
  if (!isRecord(entry) || typeof entry['until'] !== 'number' || entry['until'] <= now) return undefined;
  const { missing } = entry;
  return missing === 'absent' || missing === 'denied' ? missing : undefined;
}

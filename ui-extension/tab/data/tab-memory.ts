/** What is remembered for this browser tab, over page loads, where the browser gives storage to this page. */
import { isRecord, parsedJson } from '../view-model/text.ts';

/** Used where the browser gives none. */
const kept = new Map<string, string>();

/** The entries of a subject, such as `backend`; none if nothing is remembered. */
export function remembered(subject: string): Record<string, unknown> {
  const value = parsedJson(stored(subject));
  return isRecord(value) ? value : {};
}

/** Remembers these entries of a subject and no others. */
export function remember(subject: string, entries: Record<string, unknown>): void {
  const value = JSON.stringify(entries);
  kept.set(subject, value);
  try {
    sessionStorage.setItem(keyOf(subject), value);
  } catch {
    // Forbidden to this page, or full: what is kept here lasts until the next load.
    return;
  }
}

function stored(subject: string): string {
  const here = kept.get(subject) ?? '';
  try {
    return sessionStorage.getItem(keyOf(subject)) ?? here;
  } catch {
    return here;
  }
}

function keyOf(subject: string): string {
  return `stageline.${subject}`;
}

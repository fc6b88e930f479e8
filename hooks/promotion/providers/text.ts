/** Bounds for what goes to and comes from a host. */
import { redact } from '../../../runtime/log.ts';

const REMOTE_LIMIT = 300;

/** Cut to a number of characters, with an ellipsis at the end. */
export function bounded(text: string, limit: number): string {
  const characters = [...text];
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join('')}…`;
}

/** Words of a host as part of an error: one line, short, without secrets. */
export function remoteWords(text: string, secrets: readonly string[]): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return bounded(redact(line, secrets), REMOTE_LIMIT);
}

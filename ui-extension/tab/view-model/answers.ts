/** What Argo CD's answers mean for a ConfigMap of ours, and what to tell the user to do. */
import { readLedger } from '../../../core/ledger/read.ts';
import { LEDGER_KEY, type Ledger } from '../../../core/ledger/types.ts';
import { readAnchor, type Anchor } from './anchor.ts';
import { isRecord, message, parsedJson } from './text.ts';

/** A ConfigMap as it was read, or why there is none. */
export type ConfigMapAnswer =
  | { kind: 'found'; data: Record<string, unknown>; resourceVersion: string }
  | { kind: 'missing' }
  | { kind: 'denied'; reason: string }
  | { kind: 'failed'; reason: string };

export type LedgerState =
  | { kind: 'ledger'; ledger: Ledger }
  | { kind: 'missing' }
  | { kind: 'newer'; version: number }
  | { kind: 'invalid'; reason: string };

/** Argo CD answers 400 for what is not in the application's tree and 404 for what has gone since. */
export function configMapAnswer(httpStatus: number, body: string): ConfigMapAnswer {
  if (httpStatus === 200) return manifestAnswer(body);
  const reason = errorText(body) || `Argo CD answered ${httpStatus}`;
  if (httpStatus === 404 || (httpStatus === 400 && /not found/i.test(reason))) return { kind: 'missing' };
  if (httpStatus === 401) return { kind: 'denied', reason: 'Your session has ended. Log in again.' };
  if (httpStatus === 403) return { kind: 'denied', reason };
  return { kind: 'failed', reason };
}

function manifestAnswer(body: string): ConfigMapAnswer {
  const outer = parsedJson(body);
  const manifest =
    isRecord(outer) && typeof outer['manifest'] === 'string' ? parsedJson(outer['manifest']) : undefined;
  if (!isRecord(manifest)) return { kind: 'failed', reason: 'Argo CD answered without a manifest' };
  const metadata = isRecord(manifest['metadata']) ? manifest['metadata'] : {};
  return {
    kind: 'found',
    data: isRecord(manifest['data']) ? manifest['data'] : {},
    resourceVersion: typeof metadata['resourceVersion'] === 'string' ? metadata['resourceVersion'] : '',
  };
}

/** The message of Argo CD's error body; empty if it is no such body. */
export function errorText(body: string): string {
  const parsedBody = parsedJson(body);
  if (isRecord(parsedBody)) return message(parsedBody['message']) || message(parsedBody['error']);
  return body.startsWith('<') ? '' : message(body.slice(0, 300));
}

export function ledgerState(answer: ConfigMapAnswer & { kind: 'found' | 'missing' }): LedgerState {
  if (answer.kind === 'missing') return { kind: 'missing' };
  const stored = answer.data[LEDGER_KEY];
  if (typeof stored !== 'string') return { kind: 'invalid', reason: `it has no ${LEDGER_KEY}` };
  return readLedger(stored);
}

export function anchorState(answer: ConfigMapAnswer): Anchor | undefined {
  return answer.kind === 'found' ? readAnchor(answer.data) : undefined;
}

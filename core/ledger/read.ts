/**
 * Reading a ledger leniently: unknown fields are kept, missing ones get a harmless value, and what is no
 * ledger at all is said to be so. No schema library: the tab's size and the runner's start-up matter.
 */
import { HISTORY_LINES, LEDGER_VERSION, WHOLE_DELIVERIES } from './types.ts';
import type { AttemptRecord, DeliveryRecord, HistoryLine, Ledger, PhaseRecord } from './types.ts';

export type LedgerReading =
  | { kind: 'ledger'; ledger: Ledger }
  | { kind: 'newer'; version: number }
  | { kind: 'invalid'; reason: string };

/** What the text of a ledger ConfigMap is. */
export function readLedger(text: string): LedgerReading {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { kind: 'invalid', reason: 'it is not JSON' };
  }
  if (!isRecord(raw)) return { kind: 'invalid', reason: 'it is not an object' };
  if (typeof raw['version'] !== 'number') return { kind: 'invalid', reason: 'it has no version' };
  if (raw['version'] > LEDGER_VERSION) return { kind: 'newer', version: raw['version'] };
  if (!Array.isArray(raw['deliveries'])) return { kind: 'invalid', reason: 'it has no list of deliveries' };
  const deliveries = raw['deliveries'].slice(0, WHOLE_DELIVERIES).map(readDelivery);
  if (deliveries.includes(undefined))
    return { kind: 'invalid', reason: 'a delivery has no id, trace or time' };
  return {
    kind: 'ledger',
    ledger: {
      ...raw,
      version: LEDGER_VERSION,
      pipeline: text_(raw['pipeline']),
      stage: text_(raw['stage']),
      application: text_(raw['application']),
      deliveries: deliveries.filter((delivery) => delivery !== undefined),
      history: list(raw['history']).filter(isHistoryLine).slice(0, HISTORY_LINES),
    },
  };
}

const DELIVERY_STATUSES = new Set(['running', 'succeeded', 'failed']);

function readDelivery(raw: unknown): DeliveryRecord | undefined {
  if (!isRecord(raw) || typeof raw['id'] !== 'string' || typeof raw['openedAt'] !== 'string')
    return undefined;
  if (typeof raw['traceId'] !== 'string' || !/^[0-9a-f]{32}$/.test(raw['traceId'])) return undefined;
  const freight = isRecord(raw['freight']) ? raw['freight'] : {};
  const status = DELIVERY_STATUSES.has(text_(raw['status'])) ? raw['status'] : 'failed';
  return {
    ...raw,
    commit: readCommit(raw['commit']),
    freight: { id: text_(freight['id']), items: list(freight['items']).filter(isFreightItem) },
    status,
    head: text_(raw['head']),
    definition: text_(raw['definition']),
    links: list(raw['links']).filter((link) => isRecord(link) && typeof link['traceparent'] === 'string'),
    ancestry: list(raw['ancestry']).filter((entry) => isRecord(entry) && typeof entry['stage'] === 'string'),
    metadata: isRecord(raw['metadata']) ? raw['metadata'] : {},
    attempts: list(raw['attempts'])
      .map(readAttempt)
      .filter((attempt) => attempt !== undefined),
    promotions: list(raw['promotions']).flatMap((promotion) =>
      isRecord(promotion) && typeof promotion['target'] === 'string'
        ? [
            {
              ...promotion,
              // Without one it would count as carried out.
              status: text_(promotion['status']) || 'failed',
              traceparent: text_(promotion['traceparent']),
            },
          ]
        : [],
    ),
    firstVerdict:
      isRecord(raw['firstVerdict']) && typeof raw['firstVerdict']['at'] === 'string'
        ? raw['firstVerdict']
        : undefined,
  } as unknown as DeliveryRecord;
}

function readCommit(raw: unknown): Record<string, unknown> {
  if (!isRecord(raw) || typeof raw['id'] !== 'string') return { id: 'unknown', mode: 'digest' };
  const { subject, author, ...rest } = raw;
  return {
    ...rest,
    ...(typeof subject === 'string' ? { subject } : {}),
    ...(typeof author === 'string' ? { author } : {}),
  };
}

function isFreightItem(raw: unknown): boolean {
  return isRecord(raw) && ['file', 'key', 'value'].every((field) => typeof raw[field] === 'string');
}

function readAttempt(raw: unknown): AttemptRecord | undefined {
  if (!isRecord(raw) || typeof raw['operation'] !== 'string' || typeof raw['startedAt'] !== 'string')
    return undefined;
  return {
    ...raw,
    run: typeof raw['run'] === 'number' ? raw['run'] : 1,
    status: text_(raw['status']) || 'abandoned',
    phases: list(raw['phases'])
      .map(readPhase)
      .filter((phase) => phase !== undefined),
  } as unknown as AttemptRecord;
}

function readPhase(raw: unknown): PhaseRecord | undefined {
  if (!isRecord(raw) || typeof raw['name'] !== 'string' || typeof raw['startedAt'] !== 'string')
    return undefined;
  const checks = list(raw['checks']).filter(isCheck).map(withObjectives);
  return { ...raw, checks } as unknown as PhaseRecord;
}

function isCheck(raw: unknown): raw is Record<string, unknown> {
  return isRecord(raw) && typeof raw['name'] === 'string' && typeof raw['startedAt'] === 'string';
}

function withObjectives(check: Record<string, unknown>): Record<string, unknown> {
  if (check['objectives'] === undefined) return check;
  const texts = ['name', 'status', 'query'];
  const isObjective = (raw: unknown): boolean =>
    isRecord(raw) && texts.every((field) => typeof raw[field] === 'string');
  return { ...check, objectives: list(check['objectives']).filter(isObjective) };
}

function isHistoryLine(raw: unknown): raw is HistoryLine {
  return isRecord(raw) && typeof raw['id'] === 'string' && typeof raw['openedAt'] === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text_(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

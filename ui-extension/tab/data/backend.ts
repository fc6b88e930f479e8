/** Requests to Stageline's backend behind Argo CD's proxy extension, which need not be installed. */
import { backendAnswer, linkTemplate, type BackendAnswer } from '../view-model/trace/answer.ts';
import type { StagePlace } from '../view-model/locate.ts';
import { parsedJson } from '../view-model/text.ts';
import { apiUrl, callApi, type ApiAnswer } from './api.ts';
import { missingBackend, rememberBackend } from './backend-memory.ts';

const EXTENSION = 'extensions/stageline/v1';
/** A trace of 10,000 spans is about 8 MB. */
const TRACE_LIMIT = 40_000_000;
let template: Promise<string | undefined> | undefined;

/**
 * One trace of the application. `fresh` asks although no backend was there a moment ago. Rejects only when
 * `signal` aborts.
 */
export async function readTrace(
  place: StagePlace,
  traceId: string,
  options: { fresh: boolean; signal: AbortSignal },
): Promise<BackendAnswer> {
  const missing = options.fresh ? undefined : missingBackend(applicationHeader(place), Date.now());
  if (missing !== undefined) return { kind: missing };
  const answer = await ask(place, `traces/${encodeURIComponent(traceId)}`, options);
  if (answer.kind === 'unreachable') return { kind: 'failed', reason: answer.reason };
  const read = backendAnswer(answer.status, answer.body);
  remember(place, answer, read);
  return read;
}

/** `invalid extension`, with 400, says that the application's cluster has none; a denial may be of one project. */
function remember(place: StagePlace, answer: { status: number }, read: BackendAnswer): void {
  const missing = read.kind === 'absent' || read.kind === 'denied' ? read.kind : undefined;
  const scope = missing === 'absent' && answer.status !== 400 ? 'everywhere' : 'application';
  rememberBackend(applicationHeader(place), missing, { scope, now: Date.now() });
}

/** The backend's template for addresses of traces, asked for once a page load; undefined without one. */
export function readTraceTemplate(place: StagePlace): Promise<string | undefined> {
  template ??= askTemplate(place);
  return template;
}

async function askTemplate(place: StagePlace): Promise<string | undefined> {
  if (missingBackend(applicationHeader(place), Date.now()) !== undefined) return undefined;
  // Not ended with the part of the page that asked first: others wait for the same answer.
  const answer = await ask(place, 'links', { fresh: false, signal: new AbortController().signal });
  if (answer.kind === 'unreachable') return undefined;
  const isOther = parsedJson(answer.body) === undefined;
  if (isOther) remember(place, answer, backendAnswer(answer.status, answer.body));
  return linkTemplate(answer.status, answer.body);
}

/** Both headers name what the user asks about: Argo CD and the backend each check that they fit together. */
function ask(
  place: StagePlace,
  path: string,
  options: { fresh: boolean; signal: AbortSignal },
): Promise<ApiAnswer> {
  return callApi(
    {
      url: apiUrl(`${EXTENSION}/${path}`, {}),
      headers: {
        'Argocd-Application-Name': applicationHeader(place),
        'Argocd-Project-Name': place.project,
        // The backend keeps finished traces for minutes; a later attempt may have been added since.
        ...(options.fresh ? { 'Cache-Control': 'no-cache' } : {}),
      },
      limit: TRACE_LIMIT,
    },
    options.signal,
  );
}

function applicationHeader({ appNamespace, application }: StagePlace): string {
  return `${appNamespace}:${application}`;
}

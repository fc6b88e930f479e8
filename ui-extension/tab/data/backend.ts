/** Requests to Stageline's backend behind Argo CD's proxy extension, which need not be installed. */
import { backendAnswer, linkTemplate, type BackendAnswer } from '../view-model/trace/answer.ts';
import type { StagePlace } from '../view-model/locate.ts';
import { parsedJson } from '../view-model/text.ts';
import { apiUrl, callApi, type ApiAnswer } from './api.ts';

const EXTENSION = 'extensions/stageline/v1';
/** A trace of 10,000 spans is about 8 MB. */
const TRACE_LIMIT = 40_000_000;
/** So long nothing is asked of a backend that was not there; asking again by hand does. */
const ABSENT_MS = 300_000;

let absentUntil = 0;
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
  if (!options.fresh && Date.now() < absentUntil) return { kind: 'absent' };
  const answer = await ask(place, `traces/${encodeURIComponent(traceId)}`, options);
  if (answer.kind === 'unreachable') return { kind: 'failed', reason: answer.reason };
  const read = backendAnswer(answer.status, answer.body);
  absentUntil = read.kind === 'absent' ? Date.now() + ABSENT_MS : 0;
  return read;
}

/** The backend's template for addresses of traces, asked for once a page load; undefined without one. */
export function readTraceTemplate(place: StagePlace): Promise<string | undefined> {
  template ??= askTemplate(place);
  return template;
}

async function askTemplate(place: StagePlace): Promise<string | undefined> {
  // Not ended with the part of the page that asked first: others wait for the same answer.
  const answer = await ask(place, 'links', { fresh: false, signal: new AbortController().signal });
  if (answer.kind === 'unreachable') return undefined;
  const isOther = parsedJson(answer.body) === undefined;
  if (isOther && backendAnswer(answer.status, answer.body).kind === 'absent')
    absentUntil = Date.now() + ABSENT_MS;
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
        'Argocd-Application-Name': `${place.appNamespace}:${place.application}`,
        'Argocd-Project-Name': place.project,
        // The backend keeps finished traces for minutes; a later attempt may have been added since.
        ...(options.fresh ? { 'Cache-Control': 'no-cache' } : {}),
      },
      limit: TRACE_LIMIT,
    },
    options.signal,
  );
}

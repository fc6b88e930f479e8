/** Deciding on a pending promotion: Argo CD's own actions on its Job, with the user's session and rights. */
import { errorText } from '../view-model/answers.ts';
import type { StagePlace } from '../view-model/locate.ts';
import { refusalText, type ActionListing } from '../view-model/pending.ts';
import { isRecord, parsedJson, text } from '../view-model/text.ts';
import { apiUrl, callApi, getText, type ApiAnswer } from './api.ts';

export type ListingAnswer = { kind: 'listing'; listing: ActionListing } | { kind: 'failed'; reason: string };

export type DecisionAnswer =
  | { kind: 'done' }
  /** The user's rights do not suffice, now or in a moment. */
  | { kind: 'denied'; reason: string }
  | { kind: 'failed'; reason: string };

/** Which actions Argo CD has for the Job. It lists them to whoever may see the application. */
export async function listActions(
  place: StagePlace,
  job: string,
  signal: AbortSignal,
): Promise<ListingAnswer> {
  const answer = await getText(jobUrl(place, job, '/actions'), signal);
  if (answer.kind === 'unreachable') return { kind: 'failed', reason: answer.reason };
  const reason = errorText(answer.body) || `Argo CD answered ${answer.status}`;
  const gone = answer.status === 404 || (answer.status === 400 && /not found/i.test(reason));
  if (gone) return { kind: 'listing', listing: { gone: true, actions: [] } };
  if (answer.status !== 200) return { kind: 'failed', reason };
  const body = parsedJson(answer.body);
  const actions = isRecord(body) && Array.isArray(body['actions']) ? body['actions'] : [];
  return {
    kind: 'listing',
    listing: {
      gone: false,
      actions: actions.filter(isRecord).map((action) => ({
        name: text(action['name']),
        disabled: action['disabled'] === true,
      })),
    },
  };
}

/** Resumes the suspended Job, which carries the promotion out. Rejects only when `signal` aborts. */
export async function approve(place: StagePlace, job: string, signal: AbortSignal): Promise<DecisionAnswer> {
  const url = apiUrl(`${applicationRoute(place)}/resource/actions/v2`, {});
  // This route reads its body and nothing else.
  const body = JSON.stringify({ ...jobFields(place, job), action: 'resume' });
  const answer = await callApi({ url, method: 'POST', body }, signal);
  if (answer.kind === 'unreachable' || ![404, 405, 501].includes(answer.status))
    return decided('approve', place, answer);
  // Argo CD before 3.1: the action is the whole body, the rest is in the query.
  const older = { url: jobUrl(place, job, '/actions'), method: 'POST', body: '"resume"' } as const;
  return decided('approve', place, await callApi(older, signal));
}

/** Deletes the suspended Job: the promotion is not carried out. Rejects only when `signal` aborts. */
export async function reject(place: StagePlace, job: string, signal: AbortSignal): Promise<DecisionAnswer> {
  const answer = await callApi({ url: jobUrl(place, job, ''), method: 'DELETE' }, signal);
  return decided('reject', place, answer);
}

function decided(decision: 'approve' | 'reject', place: StagePlace, answer: ApiAnswer): DecisionAnswer {
  if (answer.kind === 'unreachable') return { kind: 'failed', reason: answer.reason };
  if (answer.status === 200) return { kind: 'done' };
  if (answer.status === 403) return { kind: 'denied', reason: refusalText(decision, rbacObject(place)) };
  if (answer.status === 401) return { kind: 'failed', reason: 'Your session has ended. Log in again.' };
  return { kind: 'failed', reason: errorText(answer.body) || `Argo CD answered ${answer.status}` };
}

function applicationRoute(place: StagePlace): string {
  return `api/v1/applications/${encodeURIComponent(place.application)}`;
}

function jobFields(place: StagePlace, job: string): Record<string, string> {
  return {
    namespace: place.namespace,
    resourceName: job,
    version: 'v1',
    group: 'batch',
    kind: 'Job',
    appNamespace: place.appNamespace,
    project: place.project,
  };
}

function jobUrl(place: StagePlace, job: string, route: string): string {
  return apiUrl(`${applicationRoute(place)}/resource${route}`, jobFields(place, job));
}

/** Argo CD leaves the namespace out where it is its own. */
function rbacObject({ project, appNamespace, application, controlPlaneNamespace }: StagePlace): string {
  return [project, ...(appNamespace === controlPlaneNamespace ? [] : [appNamespace]), application].join('/');
}

/** The log of a Job through Argo CD, which guards logs by a right of their own. */
import { errorText } from '../view-model/answers.ts';
import type { StagePlace } from '../view-model/locate.ts';
import { logLines } from '../view-model/log.ts';
import { apiUrl, getText } from './api.ts';

export type LogAnswer = { kind: 'lines'; lines: string[] } | { kind: 'failed'; reason: string };

const TAIL_LINES = '500';
const LOG_LIMIT = 2_000_000;

/** The last lines of a Job's pods. Rejects only when `signal` aborts. */
export async function readJobLog(place: StagePlace, job: string, signal: AbortSignal): Promise<LogAnswer> {
  const url = apiUrl(`api/v1/applications/${encodeURIComponent(place.application)}/logs`, {
    appNamespace: place.appNamespace,
    project: place.project,
    namespace: place.namespace,
    group: 'batch',
    kind: 'Job',
    resourceName: job,
    tailLines: TAIL_LINES,
    follow: 'false',
  });
  const answer = await getText(url, signal, LOG_LIMIT);
  if (answer.kind === 'unreachable') return { kind: 'failed', reason: answer.reason };
  if (answer.status === 200) return { kind: 'lines', lines: logLines(answer.body) };
  if (answer.status === 403)
    return { kind: 'failed', reason: 'You may not read logs here. An Argo CD admin grants it: logs, get.' };
  return { kind: 'failed', reason: errorText(answer.body) || `Argo CD answered ${answer.status}` };
}

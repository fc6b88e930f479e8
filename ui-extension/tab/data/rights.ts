/**
 * Whether the user may decide on a pending promotion, found out before anything is decided. Argo CD's `can-i` takes no
 * right that names a kind, such as `action/batch/Job/resume`, so the decision itself is asked for, on a Job that cannot
 * exist: Argo CD looks at the rights first and only then for the Job (server/application/application.go,
 * getAppLiveResource), and so refuses with 403, or finds no such Job with 400.
 */
import type { StagePlace } from '../view-model/locate.ts';
import { approve, reject } from './decisions.ts';
import { remember, remembered } from './tab-memory.ts';

export type Decision = 'approve' | 'reject';

const CALLS = { approve, reject };
const SUBJECT = 'rights';
/** A granted right is not asked for again: each question is a failed request in the browser's console. */
const REMEMBERED_MS = 3_600_000;

/**
 * Why the user may not decide so; empty if they may, or if it could not be found out. `job`: the pending one. Rejects
 * only when `signal` aborts.
 */
export async function missingRight(
  decision: Decision,
  place: StagePlace,
  { job, signal }: { job: string; signal: AbortSignal },
): Promise<string> {
  const key = keyOf(decision, place);
  const until = remembered(SUBJECT)[key];
  if (typeof until === 'number' && until > Date.now()) return '';
  // No name of Kubernetes ends so; it begins as the Job's does, for rights that are given by the name.
  const answer = await CALLS[decision](place, `${job}-`, signal);
  if (answer.kind === 'denied') return answer.reason;
  // Anything else says nothing of rights.
  if (answer.kind === 'failed' && /not found/i.test(answer.reason))
    remember(SUBJECT, { ...remembered(SUBJECT), [key]: Date.now() + REMEMBERED_MS });
  return '';
}

/** A right that was refused after all is asked for again. */
export function forgetRight(decision: Decision, place: StagePlace): void {
  const { [keyOf(decision, place)]: _gone, ...rest } = remembered(SUBJECT);
  remember(SUBJECT, rest);
}

function keyOf(decision: Decision, { appNamespace, application }: StagePlace): string {
  return `${decision} ${appNamespace}/${application}`;
}

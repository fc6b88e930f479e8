/** Reading a ConfigMap of an application through Argo CD, which checks that the user may. */
import { configMapAnswer, type ConfigMapAnswer } from '../view-model/answers.ts';
import type { StagePlace } from '../view-model/locate.ts';
import { apiUrl, getText } from './api.ts';

/** Rejects only when `signal` aborts. */
export async function readConfigMap(
  place: StagePlace,
  name: string,
  signal: AbortSignal,
): Promise<ConfigMapAnswer> {
  const url = apiUrl(`api/v1/applications/${encodeURIComponent(place.application)}/resource`, {
    namespace: place.namespace,
    resourceName: name,
    version: 'v1',
    kind: 'ConfigMap',
    appNamespace: place.appNamespace,
    project: place.project,
  });
  const answer = await getText(`${url}&group=`, signal);
  if (answer.kind === 'unreachable') return { kind: 'failed', reason: answer.reason };
  return configMapAnswer(answer.status, answer.body);
}

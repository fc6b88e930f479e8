/** The anchor: the first PreSync hook creates it as rendered; Argo CD takes it over when it applies the render. */
import { StagelineError } from '../../core/errors.ts';
import type { Plan } from '../../core/plan.ts';
import type { KubeClient } from './client.ts';
import { isKubeStatus } from './errors.ts';
import type { ConfigMap, OwnerReference } from './types.ts';

/** The owner reference of what belongs to the anchor; it is created if it is missing. Errors: KubeError. */
export async function ensureAnchor(
  client: KubeClient,
  namespace: string,
  plan: Pick<Plan, 'anchor'>,
): Promise<OwnerReference> {
  const { name } = plan.anchor;
  const place = { group: '', resource: 'configmaps', namespace } as const;
  const found = await client.find<ConfigMap>({ ...place, verb: 'get', name });
  const anchor = found ?? (await createAnchor(client, namespace, plan));
  const uid =
    anchor?.metadata?.uid ?? (await client.find<ConfigMap>({ ...place, verb: 'get', name }))?.metadata?.uid;
  if (uid === undefined) {
    throw new StagelineError(`anchor ${namespace}/${name} has no uid`, {
      code: 'ANCHOR_GONE',
      hint: 'Sync the application again; something deletes the anchor while hooks run',
      blame: 'system',
    });
  }
  return { apiVersion: 'v1', kind: 'ConfigMap', name, uid };
}

/** Undefined if another one was faster. */
async function createAnchor(
  client: KubeClient,
  namespace: string,
  plan: Pick<Plan, 'anchor'>,
): Promise<ConfigMap | undefined> {
  const { name, labels, data } = plan.anchor;
  try {
    return await client.request<ConfigMap>({
      action: { verb: 'create', group: '', resource: 'configmaps', namespace },
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data },
    });
  } catch (error) {
    if (isKubeStatus(error, 409)) return undefined;
    throw error;
  }
}

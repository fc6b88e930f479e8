/** Reads objects of a cluster, checked against what doctor expects of them. */
import type { z } from 'zod';
import { StagelineError } from '../../../core/errors.ts';
import type { KubeClient } from '../../../runtime/kube/client.ts';

/** A kind of object: where it is in the API, and its schema. */
export interface Kind<T> {
  group: string;
  version?: string;
  resource: string;
  schema: z.ZodType<T>;
}

export interface Cluster {
  /** Undefined if there is none. Errors: KubeError, `KUBE_OBJECT`. */
  get<T>(kind: Kind<T>, namespace: string, name: string): Promise<T | undefined>;
  /** `labels` is a selector. */
  list<T>(kind: Kind<T>, namespace: string, labels?: string): Promise<T[]>;
}

export function kubeCluster(client: KubeClient): Cluster {
  const action = (kind: Kind<unknown>, namespace: string) => ({
    group: kind.group,
    ...(kind.version === undefined ? {} : { version: kind.version }),
    resource: kind.resource,
    namespace,
  });
  return {
    async get(kind, namespace, name) {
      const object = await client.find({ ...action(kind, namespace), verb: 'get', name });
      return object === undefined ? undefined : parse(kind, object);
    },
    async list(kind, namespace, labels) {
      const answer = await client.request<{ items?: unknown[] }>({
        action: { ...action(kind, namespace), verb: 'list' },
        ...(labels === undefined ? {} : { query: { labelSelector: labels } }),
      });
      return (answer.items ?? []).map((object) => parse(kind, object));
    },
  };
}

function parse<T>(kind: Kind<T>, object: unknown): T {
  const parsed = kind.schema.safeParse(object);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new StagelineError(`one of the ${kind.resource} has ${issue?.path.join('.')}: ${issue?.message}`, {
    code: 'KUBE_OBJECT',
    hint: 'Look at it with kubectl; this program knows Argo CD 3.0 and later',
    blame: 'setup',
  });
}

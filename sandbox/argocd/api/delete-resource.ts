/** `DELETE …/resource`: one object of an application's tree, as the button in Argo CD's page deletes it. */
import { applicationOf, requireRight } from './context.ts';
import type { ApiCall } from './context.ts';
import { ArgoCdError } from '../engine/index.ts';
import type { DeleteOptions } from '../../kube/index.ts';
import { recordEvent } from './events.ts';
import { liveInTree, refOfQuery } from './resources.ts';

/**
 * Needs the right to this very object, `delete/<group>/<kind>/<namespace>/<name>`, since Argo CD 3.0 does not let the
 * application's `delete` count for its resources. The Event is the application's, and names the object in its text.
 */
export function deleteResource(call: ApiCall): unknown {
  const found = applicationOf(call);
  const ref = refOfQuery(call.query);
  const options = deleteOptions(call.query);
  const { group, kind, name } = ref;
  requireRight(call, ['delete', group, kind, ref.namespace ?? '', name].join('/'), found.object);
  liveInTree(call, found, ref);
  call.context.argo.store.delete(ref, options);
  recordEvent(
    call.context,
    { ...found.application },
    {
      reason: 'ResourceDeleted',
      message: `${call.session.username} deleted resource ${group}/${kind} '${name}'`,
    },
  );
  return {};
}

function deleteOptions(query: URLSearchParams): DeleteOptions {
  if (flag(query, 'orphan')) return { propagationPolicy: 'Orphan' };
  if (flag(query, 'force')) return { propagationPolicy: 'Background', gracePeriodSeconds: 0 };
  return { propagationPolicy: 'Foreground' };
}

/** What Go's parser of booleans takes; an empty value is refused as it is there. */
function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null) return false;
  if (/^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw new ArgoCdError(
    'InvalidArgument',
    `type mismatch, parameter: ${name}, error: strconv.ParseBool: parsing "${value}": invalid syntax`,
  );
}

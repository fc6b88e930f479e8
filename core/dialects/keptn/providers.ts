/** KeptnMetricsProvider: which server a metric is asked of. */
import type { StagelineError } from '../../errors.ts';
import type { Lookup } from './lookup.ts';
import { describe, fieldError, textAt, valueAt, type NamedObject } from './objects.ts';

/** Where a metric check asks, as the plan says it. */
export interface MetricsServer {
  prometheus: string;
  /** Secret of the hooks' namespace with `user` and `password` for basic authentication. */
  secret?: string;
  insecureSkipVerify?: boolean;
}

/** Types that speak the Prometheus HTTP API. */
const PROMETHEUS_TYPES = ['prometheus', 'thanos', 'cortex'];
const OTHER_TYPES = ['dynatrace', 'dql', 'datadog', 'elastic'];
const KINDS = ['KeptnMetricsProvider', 'KeptnEvaluationProvider'];

/** The provider that a field of an object names. Errors: `KEPTN_MISSING`. */
export function findProvider(user: NamedObject, field: string, lookup: Lookup): NamedObject {
  const name = textAt(user.object, field.split('.'));
  const provider = name === undefined ? undefined : lookup.find(KINDS, name, user.namespace);
  if (provider) return provider;
  throw fieldError(user, field, {
    code: 'KEPTN_MISSING',
    what:
      name === undefined
        ? 'is missing'
        : `names "${name}", and the render has no KeptnMetricsProvider of that name`,
    hint: 'Add the provider to the chart, or correct the name',
  });
}

/** Errors: `KEPTN_PROVIDER` for a type that is not supported or an address that is none. */
export function readProvider(
  provider: NamedObject,
  user: NamedObject,
  context: { note: (text: string) => void },
): MetricsServer {
  const type = typeOf(provider);
  if (!PROMETHEUS_TYPES.includes(type)) throw notSupported(provider, user, type);
  const address = textAt(provider.object, ['spec', 'targetServer']);
  if (address === undefined || !/^https?:\/\/\S+$/.test(address) || !URL.canParse(address)) {
    throw fieldError(provider, 'spec.targetServer', {
      code: 'KEPTN_PROVIDER',
      what: address === undefined ? 'is missing' : `"${address}" is no http or https address`,
      hint: 'Write the base address of the server, such as http://prometheus.monitoring.svc:9090',
    });
  }
  const secret =
    textAt(provider.object, ['spec', 'secretKeyRef', 'name']) ??
    textAt(provider.object, ['spec', 'secretName']);
  const insecure = valueAt(provider.object, ['spec', 'insecureSkipTlsVerify']) === true;
  if (secret !== undefined) {
    context.note(`${describe(provider)}: its Secret "${secret}" is read in the namespace of the hooks`);
  }
  return {
    prometheus: address.replace(/\/+$/, ''),
    ...(secret === undefined ? {} : { secret }),
    ...(insecure ? { insecureSkipVerify: true } : {}),
  };
}

/** Up to v1alpha2 a provider had no type: its name said what it was. */
function typeOf(provider: NamedObject): string {
  const type = textAt(provider.object, ['spec', 'type']);
  if (type !== undefined) return type.toLowerCase();
  const known = [...PROMETHEUS_TYPES, ...OTHER_TYPES].find((name) =>
    provider.name.toLowerCase().startsWith(name),
  );
  return known ?? '';
}

function notSupported(provider: NamedObject, user: NamedObject, type: string): StagelineError {
  const what = type === '' ? 'is missing' : `"${type}" is not supported, and ${describe(user)} uses it`;
  return fieldError(provider, 'spec.type', {
    code: 'KEPTN_PROVIDER',
    what,
    hint: `Use one of ${PROMETHEUS_TYPES.join(', ')}, or take the evaluation out`,
  });
}

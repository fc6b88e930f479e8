/** From a host name to the local port of a ready Pod: what cluster DNS and kube-proxy do together. */
import { hasLabels, type KubeObject, type ObjectStore } from '../kube/index.ts';
import { podSchema, serviceSchema, type Pod, type Service } from '../kube/schemas.ts';
import { isReady, isTerminal } from './create-pod.ts';
import { podKind } from './host.ts';
import { containerPort, localPorts } from './ports.ts';

export type Resolution =
  | { kind: 'endpoints'; service: string; ports: number[] }
  /** A Service, but nothing to send the request to. */
  | { kind: 'unavailable'; why: string }
  | { kind: 'loopback'; port: number }
  | { kind: 'unknown' };

/** Resolves `service.namespace.svc[.cluster.local]`, `service.namespace` and, from inside a namespace, `service`. */
export function resolveHost(
  store: ObjectStore,
  target: { host: string; port: number },
  namespace: string | undefined,
): Resolution {
  const { host, port } = target;
  if (host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host))
    return { kind: 'loopback', port };
  const found = findService(store, host, namespace);
  if (found === undefined) return { kind: 'unknown' };
  return resolveService(store, serviceSchema.parse(found), port);
}

function findService(
  store: ObjectStore,
  host: string,
  namespace: string | undefined,
): KubeObject | undefined {
  const [name = '', home = namespace, ...rest] = host.replace(/\.$/, '').split('.');
  if (home === undefined || !['', 'svc', 'svc.cluster.local'].includes(rest.join('.'))) return undefined;
  return store.get({ group: '', kind: 'Service', namespace: home, name });
}

function resolveService(store: ObjectStore, service: Service, port: number): Resolution {
  const { name, namespace = '' } = service.metadata;
  const label = `${namespace}/${name}`;
  const declared = service.spec.ports?.find((one) => one.port === port);
  if (declared === undefined) return { kind: 'unavailable', why: `service ${label} has no port ${port}` };
  const pods = podsBehind(store, service);
  const ready = pods.filter(isReady);
  if (ready.length === 0) {
    return {
      kind: 'unavailable',
      why: `no endpoint of service ${label} is ready (0 of ${pods.length} Pods)`,
    };
  }
  const ports = ready.flatMap((pod) => localPort(pod, declared.targetPort ?? port) ?? []);
  if (ports.length > 0) return { kind: 'endpoints', service: `${label}:${port}`, ports };
  const why = `target port ${declared.targetPort ?? port} of service ${label} is declared by no container; the stand-in cluster gives local ports to declared container ports only`;
  return { kind: 'unavailable', why };
}

function podsBehind(store: ObjectStore, service: Service): Pod[] {
  const { namespace } = service.metadata;
  const selector = service.spec.selector ?? {};
  if (Object.keys(selector).length === 0) return [];
  return store
    .list(podKind, namespace === undefined ? {} : { namespace })
    .filter((pod) => hasLabels(pod, selector))
    .map((pod) => podSchema.parse(pod))
    .filter((pod) => !isTerminal(pod));
}

function localPort(pod: Pod, targetPort: number | string): number | undefined {
  const declared = containerPort(pod.spec.containers ?? [], targetPort);
  return declared === undefined ? undefined : localPorts(pod).get(declared);
}

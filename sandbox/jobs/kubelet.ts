/** The stand-in's only node: runs every Pod of the store as local processes. */
import { valueAt, type ContainerLog, type KubeObject, type WatchEvent } from '../kube/index.ts';
import { podSchema } from '../kube/schemas.ts';
import { podKind, type Host } from './host.ts';
import { PodRun } from './pod-run.ts';

export interface Kubelet {
  log(
    pod: { namespace: string; name: string },
    container: string,
    previous: boolean,
  ): ContainerLog | undefined;
  /** The processes that run now, by Pod. */
  processes(): { namespace: string; pod: string; pid: number }[];
  /** Ends every process: SIGTERM, then SIGKILL after the closing grace. Resolves when all are gone. */
  close(): Promise<void>;
}

export function startKubelet(host: Host): Kubelet {
  const runs = new Map<string, { namespace: string; name: string; run: PodRun }>();
  const stopWatching = host.store.watch(observe);
  for (const pod of host.store.list(podKind)) begin(pod);

  function observe({ type, object }: WatchEvent): void {
    if (object.kind === 'ConfigMap' || object.kind === 'Secret') {
      if (type !== 'DELETED') wake(object.metadata.namespace ?? '');
      return;
    }
    if (object.kind !== 'Pod') return;
    const known = runs.get(object.metadata.uid ?? '');
    if (type === 'DELETED') known?.run.kill();
    else if (known === undefined) begin(object);
    else if (object.metadata.deletionTimestamp !== undefined) known.run.stop(graceOf(object));
  }

  function begin(object: KubeObject): void {
    const phase = valueAt(object, ['status', 'phase']);
    if (phase === 'Succeeded' || phase === 'Failed' || object.metadata.deletionTimestamp !== undefined)
      return;
    const uid = object.metadata.uid ?? '';
    const run = new PodRun(host, podSchema.parse(object));
    const { namespace = '', name } = object.metadata;
    runs.set(uid, { namespace, name, run });
    void run.finished().then(() => runs.delete(uid));
  }

  function wake(namespace: string): void {
    for (const entry of runs.values()) if (entry.namespace === namespace) entry.run.configChanged();
  }

  return {
    log(pod, container, previous) {
      const entry = [...runs.values()].findLast(
        ({ namespace, name }) => namespace === pod.namespace && name === pod.name,
      );
      return entry?.run.log(container, previous);
    },
    processes: () =>
      [...runs.values()].flatMap(({ namespace, name, run }) =>
        run.pids().map((pid) => ({ namespace, pod: name, pid })),
      ),
    async close() {
      stopWatching();
      const all = [...runs.values()].map(({ run }) => run);
      for (const run of all) run.stop(host.timings.closeGraceMs);
      await Promise.all(all.map((run) => run.finished()));
    },
  };
}

function graceOf(pod: KubeObject): number {
  return (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
}

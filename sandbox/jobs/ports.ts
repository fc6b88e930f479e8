/** Local ports for the ports that containers declare, and where other parts of the stand-in find them. */
import { createServer } from 'node:net';
import type { Container, Pod } from '../kube/schemas.ts';

/** On a Pod: container port to local port, as JSON. A Pod has no address of its own here. */
export const portsAnnotation = 'sandbox.stageline.dev/ports';

/** Ports given out and possibly not yet bound; giving them twice would start two servers on one. */
const given = new Set<number>();

/** A port that nothing listens on at the moment, and that no other Pod was given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await probePort();
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

/** Gives ports back when their Pod is gone. */
export function releasePorts(ports: Iterable<number>): void {
  for (const port of ports) given.delete(port);
}

/** The Pod's local ports by container port. */
export function localPorts(pod: Pick<Pod, 'metadata'>): Map<number, number> {
  const text = pod.metadata.annotations?.[portsAnnotation];
  if (text === undefined) return new Map();
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null) return new Map();
  return new Map(Object.entries(parsed).map(([declared, local]) => [Number(declared), Number(local)]));
}

/** A container port by number or name, of any container of the Pod; undefined when none declares it. */
export function containerPort(containers: readonly Container[], port: number | string): number | undefined {
  const declared = containers.flatMap((container) => container.ports ?? []);
  return declared.find(({ name, containerPort: number }) => number === Number(port) || name === port)
    ?.containerPort;
}

function probePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

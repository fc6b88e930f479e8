/** Copies of a Pod's logs in files, for whoever wants to read them after the Pod is gone. */
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { LogLine } from '../kube/index.ts';
import type { Pod } from '../kube/schemas.ts';

export interface LogCopies {
  writer(container: string): (line: LogLine) => void;
  close(): Promise<void>;
}

/** Writes `<namespace>_<pod>_<container>.log`; restarts of a container append. */
export function createLogCopies(folder: string | undefined, pod: Pod): LogCopies {
  const streams = new Map<string, WriteStream>();
  if (folder === undefined) return { writer: () => () => undefined, close: () => Promise.resolve() };
  mkdirSync(folder, { recursive: true });
  return {
    writer(container) {
      const { namespace, name } = pod.metadata;
      const stream =
        streams.get(container) ?? createWriteStream(join(folder, `${namespace}_${name}_${container}.log`));
      streams.set(container, stream);
      return ({ time, text }) => stream.write(`${time} ${text}\n`);
    },
    async close() {
      await Promise.all(
        [...streams.values()].map((stream) => new Promise<void>((resolve) => stream.end(resolve))),
      );
    },
  };
}

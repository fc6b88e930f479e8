/** Docker as the way to run images that have no local program, where a daemon answers. */
import { execFile, spawn } from 'node:child_process';

/** How long `docker version` may take before there is no daemon. */
const probeMs = 2000;

export interface Docker {
  /** Whether a daemon answers. Asked once, when an image first needs it. */
  available(): Promise<boolean>;
  /** The command that runs a container. Values of variables are not in it: the client takes them from its environment. */
  runCommand(container: DockerContainer): string[];
  /** Removes a container that its client no longer holds. */
  remove(name: string): void;
}

export interface DockerContainer {
  name: string;
  image: string;
  command: string[];
  args: string[];
  /** Names of the variables to pass on. */
  variables: string[];
  /** Mount path to local path. */
  mounts: ReadonlyMap<string, string>;
  workingDir: string | undefined;
}

/** `program` is the Docker client, found on PATH unless told. */
export function createDocker(program = 'docker'): Docker {
  let answer: Promise<boolean> | undefined;
  return {
    available: () => (answer ??= probe(program)),
    runCommand: (container) => [program, ...runArguments(container)],
    remove(name) {
      // Its failure means that the container is gone already.
      spawn(program, ['rm', '--force', name], { stdio: 'ignore' }).on('error', () => undefined);
    },
  };
}

function runArguments(container: DockerContainer): string[] {
  const [entrypoint, ...rest] = container.command;
  return [
    'run',
    '--rm',
    '--name',
    container.name,
    '--network',
    'host',
    ...container.variables.flatMap((name) => ['--env', name]),
    ...[...container.mounts].flatMap(([path, local]) => ['--volume', `${local}:${path}`]),
    ...(container.workingDir === undefined ? [] : ['--workdir', container.workingDir]),
    ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
    container.image,
    ...rest,
    ...container.args,
  ];
}

function probe(program: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(
      program,
      ['version', '--format', '{{.Server.Version}}'],
      { timeout: probeMs, killSignal: 'SIGKILL' },
      (error) => resolve(error === null),
    );
  });
}

/** Everything between a container's spec and a process: environment, mounts, the program, the command line. */
import { join } from 'node:path';
import type { Container, Pod } from '../kube/schemas.ts';
import type { Host } from './host.ts';
import { containerEnvironment, expand } from './pod-environment.ts';
import { mountsOf, rewriteMounts } from './pod-files.ts';
import { commandLine } from './programs.ts';

export interface PodPlace {
  host: Host;
  pod: Pod;
  /** The Pod's own folder: `volumes/`, `home/`, `tmp/`, `kubeconfig`. */
  folder: string;
  /** Container port to local port. */
  ports: ReadonlyMap<number, number>;
  proxyUrl: string | undefined;
  /** Whether the Pod's folder holds a kubeconfig. */
  kubeconfig: boolean;
}

export type Launch =
  | { kind: 'run'; argv: string[]; env: Record<string, string>; cwd: string; dockerName: string | undefined }
  /** Something that it names is missing: tried again when it may be there. */
  | { kind: 'config-error'; message: string }
  /** Neither a local program nor Docker has the image. */
  | { kind: 'cannot-run'; message: string };

/** Decides how a container runs, or why it does not. */
export async function prepareLaunch(place: PodPlace, container: Container): Promise<Launch> {
  const { host, pod, folder } = place;
  const resolved = containerEnvironment(host.store, pod, container);
  if ('problem' in resolved) return { kind: 'config-error', message: resolved.problem };
  const image = container.image ?? '';
  const program = host.programs.match(image);
  const command = container.command?.map((part) => expand(part, resolved.env));
  const args = container.args?.map((part) => expand(part, resolved.env));
  if (program === undefined) return dockerLaunch(place, container, { own: resolved.env, command, args });
  const mounts = mountsOf(container, folder);
  const rewrite = (text: string) => rewriteMounts(text, mounts);
  const line = commandLine(program, { image, command: command?.map(rewrite), args: args?.map(rewrite) });
  if ('problem' in line) return { kind: 'cannot-run', message: line.problem };
  const own = Object.fromEntries(Object.entries(resolved.env).map(([name, value]) => [name, rewrite(value)]));
  return {
    kind: 'run',
    argv: line.argv,
    env: { ...baseEnvironment(place), ...program.env, ...own, ...portVariables(place, container) },
    cwd: workingDirectory(container, mounts) ?? program.cwd ?? join(folder, 'home'),
    dockerName: undefined,
  };
}

/** Only a directory on a volume exists here; any other is the image's own. */
function workingDirectory(container: Container, mounts: ReadonlyMap<string, string>): string | undefined {
  const given = container.workingDir;
  if (given === undefined) return undefined;
  const local = rewriteMounts(given, mounts);
  return local === given ? undefined : local;
}

async function dockerLaunch(
  place: PodPlace,
  container: Container,
  parts: { own: Record<string, string>; command: string[] | undefined; args: string[] | undefined },
): Promise<Launch> {
  const { host, pod, folder } = place;
  const image = container.image ?? '';
  if (!(await host.docker.available())) {
    return {
      kind: 'cannot-run',
      message: `cannot run here: image ${image} (no local program and no Docker daemon)`,
    };
  }
  const env = { ...proxyVariables(place), ...parts.own, ...portVariables(place, container) };
  const dockerName = `stageline-${pod.metadata.uid ?? pod.metadata.name}-${container.name}`;
  const argv = host.docker.runCommand({
    name: dockerName,
    image,
    command: parts.command ?? [],
    args: parts.args ?? [],
    variables: Object.keys(env),
    mounts: mountsOf(container, folder),
    workingDir: container.workingDir,
  });
  // The client reads its own settings (its host, its context) from the caller's environment.
  return {
    kind: 'run',
    argv,
    env: { ...inherited(/^(PATH|HOME|DOCKER_.*)$/), ...env },
    cwd: folder,
    dockerName,
  };
}

/** Nothing of the caller's environment but what finds programs: a container would not see it either. */
function baseEnvironment(place: PodPlace): Record<string, string> {
  const { pod, folder, kubeconfig } = place;
  return {
    ...inherited(/^(PATH|LANG|LC_ALL|TZ)$/),
    HOME: join(folder, 'home'),
    TMPDIR: join(folder, 'tmp'),
    HOSTNAME: pod.metadata.name,
    ...(kubeconfig ? { KUBECONFIG: join(folder, 'kubeconfig') } : {}),
    ...proxyVariables(place),
  };
}

function proxyVariables({ proxyUrl }: PodPlace): Record<string, string> {
  if (proxyUrl === undefined) return {};
  return {
    HTTP_PROXY: proxyUrl,
    http_proxy: proxyUrl,
    NO_PROXY: '127.0.0.1,localhost',
    no_proxy: '127.0.0.1,localhost',
    NODE_USE_ENV_PROXY: '1',
  };
}

/** `PORT` is the local port of the first declared one, `PORT_8080` that of 8080: they win over the container's own. */
function portVariables({ ports }: PodPlace, container: Container): Record<string, string> {
  const declared = (container.ports ?? []).map(({ containerPort }) => containerPort);
  const [first] = declared;
  const local = (port: number) => String(ports.get(port) ?? port);
  if (first === undefined) return {};
  return { PORT: local(first), ...Object.fromEntries(declared.map((port) => [`PORT_${port}`, local(port)])) };
}

function inherited(names: RegExp): Record<string, string> {
  const entries = Object.entries(process.env).flatMap(([name, value]) =>
    names.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}

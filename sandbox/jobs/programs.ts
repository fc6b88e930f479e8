/** Which images the stand-in can run without a container runtime: image name to local command. */

/** How a local program stands in for an image. */
export interface LocalProgram {
  /** The entrypoint: program and first arguments. A container's `args` follow it. */
  command: string[];
  /** Environment beside what the Pod gives; the Pod's own wins. */
  env?: Record<string, string>;
  /** Working directory; the Pod's own empty folder unless told. */
  cwd?: string;
  /**
   * A container's `command` replaces the entrypoint, as in Kubernetes. Without it such a container cannot run
   * here: what an image holds at a path is not on this machine.
   */
  allowCommand?: boolean;
  /** Where the image's files are on this machine: a whole word (`node`), or a folder with its slash (`/app/`). */
  places?: Record<string, string>;
}

export interface Programs {
  /** `image` as the Pod names it, tag and digest included. */
  match(image: string): LocalProgram | undefined;
}

/** The arguments to start, after Kubernetes' rules for `command` and `args`; or why the container cannot run. */
export function commandLine(
  program: LocalProgram,
  container: { image: string; command: string[] | undefined; args: string[] | undefined },
): { argv: string[] } | { problem: string } {
  const args = container.args ?? [];
  if (container.command === undefined || container.command.length === 0)
    return { argv: [...program.command, ...args] };
  if (program.allowCommand === true) {
    return { argv: [...container.command, ...args].map((word) => localPlace(program.places ?? {}, word)) };
  }
  return {
    problem: `cannot run here: image ${container.image} (its local program has a fixed command, and the container sets another)`,
  };
}

function localPlace(places: Record<string, string>, word: string): string {
  const found = Object.entries(places).find(([place]) =>
    place.endsWith('/') ? word.startsWith(place) : word === place,
  );
  return found === undefined ? word : found[1] + word.slice(found[0].length);
}

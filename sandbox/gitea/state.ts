/** What the stand-in knows, and who may do what. */
import type { Witness } from '../github/loopback.ts';
import type { StoredPull, StoredRepository, RepositorySeed } from '../github/state.ts';

/** `gitea` and `forgejo` differ in their dispatches and runs; `old` stands for releases of both before either. */
export type Flavour = 'gitea' | 'forgejo' | 'old';

export interface GiteaTokenSeed {
  token: string;
  login: string;
  /** Such as `write:repository`; `all`. */
  scopes: readonly string[];
  /** Role of its user in every repository; default write. */
  role?: 'read' | 'write';
}

export interface GiteaSeed extends RepositorySeed {
  /** Text by workflow file name, in `.gitea/workflows`. */
  workflowFiles?: Record<string, string>;
  /** Ways to merge that the repository allows; default all. */
  mergeMethods?: readonly string[];
  /** Users that exist. */
  users?: readonly string[];
}

export interface GiteaRepository extends StoredRepository {
  seed: GiteaSeed;
  labels: { id: number; name: string; color: string }[];
  /** Requests that were looked at for conflicts, by number. */
  looked: Set<number>;
}

/** Tests push the faults to come; `violations` are requests and answers that did not fit the description. */
export interface GiteaStandIn extends Witness {
  /** Web address of the host; the API is below `/api/v1`. */
  url: string;
  repository(slug: string): GiteaRepository;
  close(): Promise<void>;
}

export interface GiteaCall {
  repository: GiteaRepository;
  caller: GiteaTokenSeed;
  path: Record<string, string>;
  query: Record<string, string>;
  body: Record<string, unknown>;
  flavour: Flavour;
  webUrl: string;
  /** RFC 3339 */
  now: string;
  nextId: () => number;
}

export interface GiteaAnswer {
  status: number;
  body?: unknown;
  /** Entries of the whole list. */
  total?: number;
}

export function refused(status: number, message: string): GiteaAnswer {
  return { status, body: { message, url: 'https://gitea.example/api/swagger' } };
}

export const NOT_FOUND = refused(404, 'not found');

export function pullOf({ repository, path }: GiteaCall): StoredPull | undefined {
  return repository.pulls.find((pull) => String(pull.number) === path['index']);
}

/** A page, of at most 50 as by default. */
export function listOf<T>(
  entries: readonly T[],
  { query }: GiteaCall,
  make: (entry: T) => unknown,
): GiteaAnswer {
  const size = Math.min(Number(query['limit'] ?? 30), 50);
  const start = (Number(query['page'] ?? 1) - 1) * size;
  return { status: 200, body: entries.slice(start, start + size).map(make), total: entries.length };
}

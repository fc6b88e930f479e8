/** Author, date, tags, message and referenced commit of a revision, as the API shows them. */
import type { Repositories } from './repository.ts';

const PREFIX = 'Argocd-reference-commit-';
const SHA = /^[0-9a-f]{5,40}$/;
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

export interface ReferencedCommit {
  author?: string;
  date?: string;
  subject?: string;
  body?: string;
  sha?: string;
  repoUrl?: string;
}
export interface CommitMetadata {
  author: string;
  /** Author date, RFC 3339 in UTC. */
  date: string;
  tags?: string[];
  message: string;
  references?: { commit: ReferencedCommit }[];
}

/** Reads a commit in the private checkout; throws when it is not there. */
export async function readCommitMetadata(
  repositories: Repositories,
  repoURL: string,
  revision: string,
): Promise<CommitMetadata> {
  const show = await repositories.inspect(repoURL, revision, [
    'show',
    '-s',
    '--format=%an <%ae>%n%aI%n%(trailers:only,unfold)%x00%B',
    revision,
  ]);
  const tags = await repositories.inspect(repoURL, revision, ['tag', '--points-at', revision]);
  const [head = '', message = ''] = show.split('\0');
  const [author = '', date = '', ...trailers] = head.split('\n');
  const metadata: CommitMetadata = {
    author,
    date: new Date(date).toISOString().replace('.000Z', 'Z'),
    message: message.trim(),
  };
  const names = tags.split('\n').filter((tag) => tag !== '');
  if (names.length > 0) metadata.tags = names;
  const commit = referencedCommit(trailers);
  if (commit) metadata.references = [{ commit }];
  return metadata;
}

/** The commit that `Argocd-reference-commit-*` trailers describe; invalid ones are passed over. */
export function referencedCommit(trailers: string[]): ReferencedCommit | undefined {
  const commit: ReferencedCommit = {};
  for (const trailer of trailers) {
    const colon = trailer.indexOf(': ');
    if (!trailer.startsWith(PREFIX) || colon < 0) continue;
    const value = trailer.slice(colon + 2).trim();
    const name = trailer.slice(PREFIX.length, colon);
    if (name === 'repourl') commit.repoUrl = value;
    if (name === 'author' && /^[^<>]*<[^<>@\s]+@[^<>\s]+>$/.test(value)) commit.author = value;
    if (name === 'date' && RFC3339.test(value)) commit.date = value;
    if (name === 'subject') commit.subject = value;
    if (name === 'sha' && SHA.test(value)) commit.sha = value;
    if (name === 'body') {
      const body = jsonString(value);
      if (body !== undefined) commit.body = body;
    }
  }
  return Object.keys(commit).length > 0 ? commit : undefined;
}

function jsonString(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  } catch {
    // Argo CD passes over a body that is no JSON string literal.
    return undefined;
  }
}

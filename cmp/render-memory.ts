/** Notices for nothing that a chart is random: by what its last render from the same inputs was. */
import { createHash } from 'node:crypto';
import type { Delivery } from './finish.ts';
import { replaceNote, type Memory } from './remember.ts';

/** Variables that a render depends on; the head, which stands for commits of others too, and process numbers do not count. */
const READ = /^(?:ARGOCD_(?!APP_REVISION)|KUBE_|STAGELINE_(?!GROUP$)|HELM_)/;

/**
 * Whether the stream is another than that of the last render, although commit, parameters and cluster are the same.
 * Then the chart is random, or something outside of the repository changed: a second render tells which.
 */
export function differsFromBefore(
  memory: Memory | undefined,
  { context, commit, traceparent }: Delivery,
  stream: string,
): boolean {
  if (memory === undefined || commit.mode !== 'git') return false;
  const { application, place, env } = context;
  const variables = Object.entries(env)
    .filter(([name]) => READ.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const now = {
    inputs: digest(JSON.stringify([commit.id, traceparent ?? '', variables])),
    stream: digest(stream),
  };
  const name = ['render', application.repoURL, application.targetRevision, application.name, place.path];
  const before = replaceNote(memory, name, now);
  if (typeof before !== 'object' || before === null || !('inputs' in before && 'stream' in before))
    return false;
  return before.inputs === now.inputs && before.stream !== now.stream;
}

function digest(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}

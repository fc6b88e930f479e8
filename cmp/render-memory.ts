/** Notices for nothing that a chart is random: by what its last render from the same inputs was. */
import { createHash } from 'node:crypto';
import type { PlannedCommit } from '../core/plan.ts';
import { replaceNote, type Memory } from './remember.ts';
import type { SourceContext } from './sources/types.ts';

/** Variables that a render depends on, apart from the head, which stands for commits of others too. */
const READ = /^(?:ARGOCD_|KUBE_|STAGELINE_|HELM_)(?!APP_REVISION)/;

/**
 * Whether the stream is another than that of the last render, although commit, parameters and cluster are the same.
 * Then the chart is random, or something outside of the repository changed: a second render tells which.
 */
export function differsFromBefore(
  memory: Memory | undefined,
  context: SourceContext,
  render: { commit: PlannedCommit; traceparent: string | undefined; stream: string },
): boolean {
  if (memory === undefined || render.commit.mode !== 'git') return false;
  const { application, place, env } = context;
  const variables = Object.entries(env)
    .filter(([name]) => READ.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const now = {
    inputs: digest(JSON.stringify([render.commit.id, render.traceparent ?? '', variables])),
    stream: digest(render.stream),
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

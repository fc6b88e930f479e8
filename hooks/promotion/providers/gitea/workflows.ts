/** Workflow dispatches at Gitea and Forgejo. */
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { StagelineError } from '../../../../core/errors.ts';
import { findingOf } from '../dispatch-marker.ts';
import { failure, mapResult, success } from '../result.ts';
import type { Dispatch, DispatchFinding, DispatchQuery, Result, WorkflowRun } from '../types.ts';
import type { GiteaClient } from './client.ts';
import { DispatchAnswer, FileContents, WorkflowRuns } from './schema.ts';

/** Where the hosts look for workflows; the first that has the file is asked for its inputs. */
const WORKFLOW_FOLDERS = ['.gitea/workflows', '.forgejo/workflows', '.github/workflows'];

const WorkflowFile = z.object({
  on: z.object({
    workflow_dispatch: z.object({ inputs: z.record(z.string(), z.unknown()).nullish() }).nullish(),
  }),
});

/**
 * Both hosts leave undeclared inputs out without a word, and the workflow runs without them: that is refused here, as
 * GitHub does. Each host has its own wish for the run's id and ignores the other's.
 */
export async function dispatchWorkflow(
  client: GiteaClient,
  dispatch: Dispatch,
): Promise<Result<WorkflowRun | undefined>> {
  const undeclared = await undeclaredInputs(client, dispatch);
  if (undeclared.status !== 'success') return undeclared;
  if (undeclared.value.length > 0) return failure(undeclaredInput(client, dispatch, undeclared.value));
  const answer = await client.call(
    {
      ...client.acts.dispatch,
      may: `dispatch workflow ${dispatch.workflow} in ${client.slug}`,
      object: `workflow ${dispatch.workflow} on ${dispatch.ref}`,
    },
    DispatchAnswer,
    {
      method: 'POST',
      path: ['actions', 'workflows', dispatch.workflow, 'dispatches'],
      query: { return_run_details: true },
      body: { ref: dispatch.ref, inputs: dispatch.inputs, return_run_info: true },
    },
  );
  return mapResult(answer, (run) => {
    if (!run) return undefined;
    if ('workflow_run_id' in run) return { id: run.workflow_run_id, url: run.html_url, title: '' };
    const { origin, slug } = client.options.repository;
    return { id: run.id, url: `${origin}/${slug}/actions/runs/${run.run_number}`, title: '' };
  });
}

async function undeclaredInputs(client: GiteaClient, dispatch: Dispatch): Promise<Result<string[]>> {
  for (const folder of WORKFLOW_FOLDERS) {
    const file = await client.call<z.output<typeof FileContents> | undefined>(
      client.acts.readRepository,
      FileContents,
      {
        method: 'GET',
        path: ['contents', ...folder.split('/'), dispatch.workflow],
        query: { ref: dispatch.ref.replace(/^refs\/(heads|tags)\//, '') },
      },
      { 404: () => success(undefined) },
    );
    if (file.status !== 'success') return file;
    if (file.value) return success(undeclaredIn(file.value.content, dispatch));
  }
  return success([]);
}

/** A file that does not say it plainly is left to the host. */
function undeclaredIn(content: string, dispatch: Dispatch): string[] {
  try {
    const file = WorkflowFile.safeParse(parseYaml(Buffer.from(content, 'base64').toString('utf8')));
    if (!file.success) return [];
    const declared = Object.keys(file.data.on.workflow_dispatch?.inputs ?? {});
    return Object.keys(dispatch.inputs).filter((name) => !declared.includes(name));
  } catch {
    return [];
  }
}

function undeclaredInput(client: GiteaClient, dispatch: Dispatch, names: string[]): StagelineError {
  const list = names.map((name) => `"${name}"`).join(', ');
  return new StagelineError(
    `workflow ${dispatch.workflow} of ${client.slug} on ${dispatch.ref} declares no input ${list}`,
    {
      code: 'PROVIDER_REFUSED',
      hint: 'Declare it under on.workflow_dispatch.inputs of the workflow, or take it out of the pipeline file',
    },
  );
}

/** Hosts that cannot list runs leave it unclear. */
export async function findDispatch(
  client: GiteaClient,
  query: DispatchQuery,
): Promise<Result<DispatchFinding>> {
  const ref = query.ref.replace(/^refs\/(heads|tags)\//, '');
  const runs = await client.call<z.output<typeof WorkflowRuns> | undefined>(
    client.acts.readRuns,
    WorkflowRuns,
    {
      method: 'GET',
      path: ['actions', 'runs'],
      query: { event: 'workflow_dispatch', branch: ref, limit: 50 },
    },
    { 404: () => success(undefined) },
  );
  return mapResult(runs, (answer) => {
    if (!answer) return { found: 'unclear', runs: [] };
    const own = answer.workflow_runs.filter(
      (run) =>
        (run.event ?? 'workflow_dispatch') === 'workflow_dispatch' &&
        (run.workflow_id ?? run.path?.split('@')[0]?.split('/').pop() ?? query.workflow) === query.workflow,
    );
    return findingOf(
      query,
      own.map((run) => ({
        id: run.id,
        url: run.html_url,
        title: run.display_title ?? run.title ?? '',
        at: realTime(run.created ?? run.started_at),
      })),
    );
  });
}

/** A run that waits has started in the year 1 or 1970. */
function realTime(text: string | null | undefined): string | undefined {
  return text && Date.parse(text) > 0 ? text : undefined;
}

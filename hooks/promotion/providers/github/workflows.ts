/** Workflow dispatches at GitHub. */
import { mapResult, success } from '../result.ts';
import type { Dispatch, DispatchFinding, DispatchQuery, Result, WorkflowRun } from '../types.ts';
import { findingOf, runsSince } from '../dispatch-marker.ts';
import type { GitHubClient } from './client.ts';
import { DispatchAnswer, WorkflowRuns } from './schema.ts';

/**
 * An undeclared input is a 422 that names it. Older Enterprise Servers do not know `return_run_details` and refuse it;
 * then the dispatch is made without, and the run has to be found.
 */
export async function dispatchWorkflow(
  client: GitHubClient,
  dispatch: Dispatch,
): Promise<Result<WorkflowRun | undefined>> {
  const send = (details: { return_run_details?: boolean }): ReturnType<typeof post> =>
    post(client, dispatch, details);
  const made = await send({ return_run_details: true });
  return made.status === 'failure' && /return_run_details/.test(made.error.message) ? send({}) : made;
}

async function post(
  client: GitHubClient,
  dispatch: Dispatch,
  details: { return_run_details?: boolean },
): Promise<Result<WorkflowRun | undefined>> {
  const act = {
    ...client.acts.dispatch,
    may: `dispatch workflow ${dispatch.workflow} in ${client.slug}`,
    object: `workflow ${dispatch.workflow}`,
  };
  const answer = await client.call(act, DispatchAnswer, (request) =>
    request('POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches', {
      ...client.place,
      workflow_id: dispatch.workflow,
      ref: dispatch.ref,
      inputs: dispatch.inputs,
      ...details,
    }),
  );
  return mapResult(answer, (run) =>
    run ? { id: run.workflow_run_id, url: run.html_url, title: '' } : undefined,
  );
}

/** A run is listed some seconds after its dispatch: one that is not found may still come. */
export async function findDispatch(
  client: GitHubClient,
  query: DispatchQuery,
): Promise<Result<DispatchFinding>> {
  const act = { ...client.acts.readRuns, object: `workflow ${query.workflow}` };
  const runs = await client.call(act, WorkflowRuns, (request) =>
    request('GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs', {
      ...client.place,
      workflow_id: query.workflow,
      event: 'workflow_dispatch',
      branch: query.ref.replace(/^refs\/(heads|tags)\//, ''),
      created: `>=${runsSince(query)}`,
      per_page: 100,
    }),
  );
  if (runs.status !== 'success') return runs;
  return success(
    findingOf(
      query,
      runs.value.workflow_runs.map((run) => ({
        id: run.id,
        url: run.html_url,
        title: run.display_title ?? run.name ?? '',
        at: run.created_at,
      })),
    ),
  );
}

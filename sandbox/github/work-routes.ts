/** Commit statuses and workflow runs. */
import { invalid, notFound, pageOf, text, type Route, type RouteAnswer, type RouteCall } from './route.ts';
import { headOf, type StoredStatus } from './state.ts';
import { isRecord } from './json.ts';

export const workRoutes: Readonly<Record<string, Route>> = {
  'POST /repos/{owner}/{repo}/statuses/{sha}': {
    needs: { anyOf: [['statuses', 'write']] },
    handle: setStatus,
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/statuses': {
    needs: { anyOf: [['statuses', 'read']] },
    handle: listStatuses,
  },
  'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches': {
    needs: { anyOf: [['actions', 'write']] },
    handle: dispatch,
  },
  'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs': {
    needs: { anyOf: [['actions', 'read']] },
    handle: listRuns,
  },
};

function setStatus({ repository, path, body, login, now, answers, nextId }: RouteCall): RouteAnswer {
  const description = typeof body['description'] === 'string' ? body['description'] : null;
  if (description !== null && [...description].length > 140) {
    return invalid([
      {
        resource: 'Status',
        code: 'custom',
        field: 'description',
        message: 'description is too long (maximum is 140 characters)',
      },
    ]);
  }
  const status: StoredStatus = {
    id: nextId(),
    commit: path['sha'] ?? '',
    context: text(body['context']) || 'default',
    state: text(body['state']),
    description,
    targetUrl: typeof body['target_url'] === 'string' ? body['target_url'] : null,
    creator: login,
    at: now,
  };
  repository.statuses.push(status);
  return { status: 201, body: answers.status(status) };
}

function listStatuses({ repository, path, query, answers }: RouteCall): RouteAnswer {
  const own = repository.statuses.filter((status) => status.commit === path['ref']).toReversed();
  return { status: 200, body: pageOf(own, query).map(answers.status) };
}

async function dispatch(call: RouteCall): Promise<RouteAnswer> {
  const { repository, path, body, login, now, nextId, webUrl, description } = call;
  const workflow = path['workflow_id'] ?? '';
  const known = repository.seed.workflows?.[workflow];
  if (!known) return notFound;
  const ref = text(body['ref']);
  if ((await headOf(repository, ref)) === undefined) return invalid([], `No ref found for: ${ref}`);
  const wish = body['return_run_details'];
  const operation = description.operation(
    'POST',
    '/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches',
  );
  const takesWish =
    operation !== undefined && JSON.stringify(operation.definition).includes('return_run_details');
  if (wish !== undefined && !takesWish) {
    return invalid([], 'Invalid request.\n\n"return_run_details" is not a permitted key.');
  }
  const inputs = isRecord(body['inputs']) ? body['inputs'] : {};
  const unexpected = Object.keys(inputs).filter((name) => !known.inputs.includes(name));
  if (unexpected.length > 0) return invalid([], `Unexpected inputs provided: ${JSON.stringify(unexpected)}`);
  const title = (known.runName ?? workflow).replaceAll(/\$\{\{\s*inputs\.(\w+)\s*\}\}/g, (_, name: string) =>
    text(inputs[name]),
  );
  const run = { id: nextId(), workflow, ref, inputs, title, by: login, at: now };
  repository.runs.push(run);
  if (wish !== true) return { status: 204 };
  const place = `${repository.slug}/actions/runs/${run.id}`;
  return {
    status: 200,
    body: { workflow_run_id: run.id, run_url: `${webUrl}/api/${place}`, html_url: `${webUrl}/${place}` },
  };
}

function listRuns({ repository, path, query, answers }: RouteCall): RouteAnswer {
  if (!repository.seed.workflows?.[path['workflow_id'] ?? '']) return notFound;
  const since = Date.parse((query['created'] ?? '').replace(/^>=/, '')) || 0;
  const own = repository.runs.filter(
    (run) =>
      run.workflow === path['workflow_id'] &&
      (query['branch'] === undefined || query['branch'] === run.ref) &&
      Date.parse(run.at) >= since,
  );
  const listed = pageOf(own.toReversed(), query).map((run) => answers.run(repository, run));
  return { status: 200, body: { total_count: own.length, workflow_runs: listed } };
}

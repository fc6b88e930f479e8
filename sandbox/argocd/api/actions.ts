/** Resource actions: Argo CD's built-in ones for Jobs (since 3.2), CronJobs and Deployments. */
import { z } from 'zod';
import { KubeApiError } from '../../kube/index.ts';
import type { KubeObject, ObjectRef, ObjectStore } from '../../kube/index.ts';
import { timestamp } from '../engine/application.ts';
import { at, isRecord, recordsAt } from '../engine/json.ts';
import { groupOf } from '../engine/kinds.ts';
import { parseBody } from './body.ts';
import { applicationOf, findApplication, requireRight } from './context.ts';
import type { ApiCall, FoundApplication } from './context.ts';
import { recordEvent } from './events.ts';
import { liveInTree, refOfQuery } from './resources.ts';

interface Action {
  iconClass: string;
  /** Whether the action makes sense now; shown as `disabled`, never enforced. */
  applies: (object: KubeObject) => boolean;
  run: (object: KubeObject, store: ObjectStore, now: Date) => void;
}

const ACTIONS: Record<string, Record<string, Action>> = {
  'batch/Job': {
    resume: {
      iconClass: 'fa fa-fw fa-play',
      applies: isSuspended,
      run: (job, store) => suspend(job, store, false),
    },
    suspend: {
      iconClass: 'fa fa-fw fa-pause',
      applies: (job) => !isSuspended(job),
      run: (job, store) => suspend(job, store, true),
    },
    terminate: { iconClass: 'fa fa-fw fa-stop', applies: (job) => !isFinished(job), run: terminateJob },
  },
  'batch/CronJob': {
    'create-job': { iconClass: 'fa fa-fw fa-plus', applies: () => true, run: createJob },
    resume: {
      iconClass: 'fa fa-fw fa-play',
      applies: isSuspended,
      run: (job, store) => suspend(job, store, false),
    },
    suspend: {
      iconClass: 'fa fa-fw fa-pause',
      applies: (job) => !isSuspended(job),
      run: (job, store) => suspend(job, store, true),
    },
  },
  'apps/Deployment': {
    restart: { iconClass: 'fa fa-fw fa-redo', applies: () => true, run: restart },
  },
};

/** `GET …/resource/actions`: also those that the user may not run. */
export function listActions(call: ApiCall): unknown {
  const live = liveInTree(call, applicationOf(call), refOfQuery(call.query));
  const actions = Object.entries(actionsFor(live)).map(([name, action]) => ({
    name,
    iconClass: action.iconClass,
    ...(!action.applies(live) && { disabled: true }),
  }));
  return actions.length > 0 ? { actions } : {};
}

const actionBody = z.object({
  namespace: z.string().default(''),
  resourceName: z.string().default(''),
  version: z.string().default(''),
  group: z.string().default(''),
  kind: z.string().default(''),
  action: z.string().default(''),
  appNamespace: z.string().optional(),
  project: z.string().optional(),
});

/** `POST …/resource/actions/v2`: everything is in the body; the query is ignored. */
export function runActionV2(call: ApiCall): unknown {
  const body = parseBody(actionBody, call.body);
  const found = findApplication(call, { ...body, name: call.params['name'] ?? '' });
  const ref: ObjectRef = { group: body.group, kind: body.kind, name: body.resourceName };
  if (body.namespace !== '') ref.namespace = body.namespace;
  return runAction(call, found, { ref, name: body.action });
}

/** `POST …/resource/actions` (deprecated): the action's name is the whole body, the rest is in the query. */
export function runActionV1(call: ApiCall): unknown {
  return runAction(call, applicationOf(call), {
    ref: refOfQuery(call.query),
    name: parseBody(z.string(), call.body),
  });
}

function runAction(
  call: ApiCall,
  found: FoundApplication,
  { ref, name }: { ref: ObjectRef; name: string },
): unknown {
  requireRight(call, `action/${ref.group}/${ref.kind}/${name}`, found.object);
  const live = liveInTree(call, found, ref);
  const action = actionsFor(live)[name];
  if (!action) throw new Error(`built-in script does not exist: action ${name} of ${ref.group}/${ref.kind}`);
  const { argo, now } = call.context;
  action.run(live, argo.store, now());
  recordEvent(call.context, live, {
    reason: 'ResourceActionRan',
    message: `${call.session.username} ran action ${name}`,
  });
  return {};
}

function actionsFor(object: KubeObject): Record<string, Action> {
  return ACTIONS[`${groupOf(object.apiVersion)}/${object.kind}`] ?? {};
}

function isSuspended(object: KubeObject): boolean {
  return at(object, 'spec', 'suspend') === true;
}

function isFinished(object: KubeObject): boolean {
  return recordsAt(object, 'status', 'conditions').some(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
}

function suspend(object: KubeObject, store: ObjectStore, suspended: boolean): void {
  const spec = isRecord(object['spec']) ? object['spec'] : {};
  store.update({ ...object, spec: { ...spec, suspend: suspended } });
}

function terminateJob(job: KubeObject, store: ObjectStore, now: Date): void {
  const status = isRecord(job['status']) ? job['status'] : {};
  const condition = {
    type: 'FailureTarget',
    status: 'True',
    reason: 'JobTerminated',
    message: 'Job was terminated explicitly through Argo CD',
    lastProbeTime: timestamp(now),
    lastTransitionTime: timestamp(now),
  };
  store.updateStatus({
    ...job,
    status: { ...status, conditions: [...recordsAt(status, 'conditions'), condition] },
  });
}

function createJob(cronJob: KubeObject, store: ObjectStore, now: Date): void {
  const template = at(cronJob, 'spec', 'jobTemplate');
  const spec = at(template, 'spec');
  const { name, namespace = '', uid = '' } = cronJob.metadata;
  const stamp = now.toISOString().replace(/\D/g, '').slice(0, 12);
  const metadata = at(template, 'metadata');
  const job: KubeObject = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      ...(isRecord(metadata) ? metadata : {}),
      name: `${name}-${stamp}`,
      namespace,
      ownerReferences: [{ apiVersion: cronJob.apiVersion, kind: cronJob.kind, name, uid }],
    },
    spec: structuredClone(spec),
  };
  try {
    store.create(job);
  } catch (error) {
    if (!(error instanceof KubeApiError) || error.code !== 409) throw error;
    // Argo CD names these Jobs by the minute; a second one in the same minute gets the seconds too.
    store.create({
      ...job,
      metadata: { ...job.metadata, name: `${job.metadata.name}${now.getTime() % 60_000}` },
    });
  }
}

function restart(deployment: KubeObject, store: ObjectStore, now: Date): void {
  const spec = isRecord(deployment['spec']) ? deployment['spec'] : {};
  const template = isRecord(spec['template']) ? spec['template'] : {};
  const metadata = isRecord(template['metadata']) ? template['metadata'] : {};
  const annotations = isRecord(metadata['annotations']) ? metadata['annotations'] : {};
  const stamped = { ...annotations, 'kubectl.kubernetes.io/restartedAt': timestamp(now) };
  store.update({
    ...deployment,
    spec: { ...spec, template: { ...template, metadata: { ...metadata, annotations: stamped } } },
  });
}

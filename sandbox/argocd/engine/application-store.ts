/** Reads and writes Applications in the store, always from their latest state. */
import type { KubeObject, ObjectStore } from '../../kube/types.ts';
import { APPLICATION_GROUP, readApplication } from './application.ts';
import type { Application, ApplicationKey, ApplicationStatus, Operation } from './application.ts';
import { ArgoCdError } from './argo-error.ts';
import { equalJson } from './json.ts';

export function applicationRef(key: ApplicationKey): {
  group: string;
  kind: string;
  namespace: string;
  name: string;
} {
  return { group: APPLICATION_GROUP, kind: 'Application', ...key };
}

/** Changes the status of an Application; nothing is written when nothing changed or it is gone. */
export function changeStatus(
  store: ObjectStore,
  key: ApplicationKey,
  change: (status: ApplicationStatus) => ApplicationStatus,
): void {
  const object = store.get(applicationRef(key));
  if (!object) return;
  const application = readApplication(store, key);
  const before = application?.status ?? {};
  const after = change(structuredClone(before));
  if (!equalJson(before, after)) store.updateStatus({ ...object, status: after });
}

/** Starts an operation; the state of the one before is forgotten. Throws when one is in progress. */
export function setOperation(store: ObjectStore, key: ApplicationKey, operation: Operation): Application {
  const object = store.get(applicationRef(key));
  const application = readApplication(store, key);
  if (!object || !application)
    throw new ArgoCdError('NotFound', `applications.argoproj.io "${key.name}" not found`);
  if (application.operation) {
    throw new ArgoCdError('FailedPrecondition', 'another operation is already in progress');
  }
  changeStatus(store, key, ({ operationState: _last, ...status }) => status);
  editApplication(store, key, (current) => ({ ...current, operation }));
  return readApplication(store, key) ?? application;
}

export function clearOperation(store: ObjectStore, key: ApplicationKey): void {
  editApplication(store, key, ({ operation: _done, ...rest }) => rest);
}

/** Takes an annotation off an Application, if it is there. */
export function dropAnnotation(store: ObjectStore, key: ApplicationKey, name: string): void {
  editApplication(store, key, (object) => {
    if (object.metadata.annotations?.[name] === undefined) return undefined;
    const annotations = { ...object.metadata.annotations };
    delete annotations[name];
    return { ...object, metadata: { ...object.metadata, annotations } };
  });
}

/** Replaces an Application by what `edit` makes of it; undefined leaves it alone. */
export function editApplication(
  store: ObjectStore,
  key: ApplicationKey,
  edit: (object: KubeObject) => KubeObject | undefined,
): void {
  const object = store.get(applicationRef(key));
  const next = object && edit(object);
  if (next) store.update(next);
}

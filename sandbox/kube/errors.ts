/**
 * Errors of the stand-in cluster, worded as the Kubernetes API server words them (apimachinery's `api/errors`
 * and `util/validation/field`), and their `Status` objects: clients decide by code and reason, people by the words.
 */

/** One invalid field, as `details.causes` lists it. */
export interface FieldError {
  reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueForbidden'
    | 'FieldValueTooLong'
    | 'FieldValueNotSupported';
  field: string;
  /** With its prefix: `Invalid value: "X": why`. */
  message: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: FieldError[];
  retryAfterSeconds?: number;
}

/** The `Status` object that the API server answers for an error and for most deletions. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Failure' | 'Success';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code?: number;
}

/** A plural resource name and its API group, '' for the core group. */
export interface GroupResource {
  group: string;
  resource: string;
}

interface KubeApiErrorOptions {
  code: number;
  reason: string;
  details?: StatusDetails;
}

/** A refusal by the stand-in API server: `code` is the HTTP status, `reason` Kubernetes' word for it. */
export class KubeApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(message: string, options: KubeApiErrorOptions) {
    super(message);
    this.name = 'KubeApiError';
    this.code = options.code;
    this.reason = options.reason;
    this.details = options.details;
  }
}

/** The `Status` body for an error. */
export function statusOf(error: KubeApiError): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    ...(error.reason === '' ? {} : { reason: error.reason }),
    ...(error.details === undefined ? {} : { details: error.details }),
    code: error.code,
  };
}

/** `jobs.batch`, or `configmaps` for the core group. */
export function qualified(resource: GroupResource): string {
  return resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`;
}

export function notFound(resource: GroupResource, name: string): KubeApiError {
  return new KubeApiError(`${qualified(resource)} "${name}" not found`, {
    code: 404,
    reason: 'NotFound',
    details: detailsOf(resource, name),
  });
}

export function alreadyExists(resource: GroupResource, name: string): KubeApiError {
  return new KubeApiError(`${qualified(resource)} "${name}" already exists`, {
    code: 409,
    reason: 'AlreadyExists',
    details: detailsOf(resource, name),
  });
}

/** Someone else wrote the object since it was read. */
export function modifiedConflict(resource: GroupResource, name: string): KubeApiError {
  return conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

/** A precondition (uid or resourceVersion) that the live object does not meet. */
export function preconditionConflict(
  resource: GroupResource,
  name: string,
  mismatch: Mismatch,
): KubeApiError {
  const { field, expected, actual } = mismatch;
  return conflict(
    resource,
    name,
    `Precondition failed: ${field} in precondition: ${expected}, ${field} in object meta: ${actual}`,
  );
}

export interface Mismatch {
  field: 'UID' | 'ResourceVersion';
  expected: string;
  actual: string;
}

function conflict(resource: GroupResource, name: string, why: string): KubeApiError {
  return new KubeApiError(`Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`, {
    code: 409,
    reason: 'Conflict',
    details: detailsOf(resource, name),
  });
}

/** 422 for one or more fields. `kind` is the Kind, not the resource. */
export function invalid(
  kind: { group: string; kind: string },
  name: string,
  causes: FieldError[],
): KubeApiError {
  const qualifiedKind = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const parts = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const list = parts.length === 1 ? parts[0] : `[${parts.join(', ')}]`;
  return new KubeApiError(`${qualifiedKind} "${name}" is invalid: ${list}`, {
    code: 422,
    reason: 'Invalid',
    details: { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.kind, causes },
  });
}

export function forbidden(resource: GroupResource, name: string, why: string): KubeApiError {
  const subject = name === '' ? qualified(resource) : `${qualified(resource)} "${name}"`;
  return new KubeApiError(`${subject} is forbidden: ${why}`, {
    code: 403,
    reason: 'Forbidden',
    details: detailsOf(resource, name),
  });
}

export function badRequest(message: string): KubeApiError {
  return new KubeApiError(message, { code: 400, reason: 'BadRequest' });
}

/** The stand-in does not have this; the message names the route or the feature. */
export function notImplemented(what: string): KubeApiError {
  return new KubeApiError(`the stand-in cluster does not implement ${what}`, {
    code: 501,
    reason: 'NotImplemented',
  });
}

function detailsOf(resource: GroupResource, name: string): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.resource,
  };
}

/**
 * Who asks, by the headers of Argo CD's proxy extension. Only what Argo CD itself has checked is believed: the
 * application and its project, and those only beside the shared secret that Argo CD's configuration adds.
 * Groups, user and cluster are not read at all: Argo CD passes on what a client sent in their place when it has
 * nothing to put there (server/extension/extension.go, prepareRequest).
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { instanceName } from '../../core/names.ts';
import { problem } from './problems.ts';

export const SECRET_HEADER = 'X-Stageline-Secret';
export const APPLICATION_HEADER = 'Argocd-Application-Name';
export const PROJECT_HEADER = 'Argocd-Project-Name';
export const NAMESPACE_HEADER = 'Argocd-Namespace';

export interface Caller {
  /** Argo CD's instance name: what the spans carry as `stageline.application`. */
  application: string;
  project: string;
}

export interface Trust {
  secretDigests: readonly Buffer[];
  controlPlaneNamespace: string;
}

const NAMESPACE = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const NAME = '[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?';
const APPLICATION = new RegExp(`^(${NAMESPACE}):(${NAME})$`);
const PROJECT = new RegExp(`^${NAME}$`);

/** Digests are compared instead of the secrets, so that neither content nor length shows in the time it takes. */
export function trustOf(secrets: readonly string[], controlPlaneNamespace: string): Trust {
  return { secretDigests: secrets.map(digest), controlPlaneNamespace };
}

/**
 * The caller of a request, from its raw headers: Node joins or drops repeated headers in the parsed form.
 * @throws StagelineError SECRET_WRONG (401), HEADER_MISSING, HEADER_REPEATED, HEADER_MALFORMED or
 * HEADER_MISMATCH (400)
 */
export function readCaller(rawHeaders: readonly string[], trust: Trust): Caller {
  requireSecret(valuesOf(rawHeaders, SECRET_HEADER), trust);
  const application = APPLICATION.exec(single(rawHeaders, APPLICATION_HEADER));
  if (!application) throw malformed(APPLICATION_HEADER, '<namespace>:<name>');
  const project = single(rawHeaders, PROJECT_HEADER);
  if (!PROJECT.test(project)) throw malformed(PROJECT_HEADER, 'the name of an AppProject');
  requireControlPlane(rawHeaders, trust.controlPlaneNamespace);
  const [, namespace = '', name = ''] = application;
  return { application: instanceName(name, namespace, trust.controlPlaneNamespace), project };
}

function requireSecret(values: readonly string[], trust: Trust): void {
  const given = digest(values[0] ?? '');
  let known = false;
  // Every secret is compared, whichever fits.
  for (const expected of trust.secretDigests) known = timingSafeEqual(given, expected) || known;
  if (known && values.length === 1) return;
  throw problem(
    'SECRET_WRONG',
    `the request does not carry the secret that Argo CD shares with this backend`,
    `Send it as ${SECRET_HEADER} from Argo CD's extension.config; see docs/backend.md`,
  );
}

function requireControlPlane(rawHeaders: readonly string[], expected: string): void {
  const values = valuesOf(rawHeaders, NAMESPACE_HEADER);
  if (values.length > 1) throw repeated(NAMESPACE_HEADER);
  if (values[0] === undefined || values[0] === expected) return;
  throw problem(
    'HEADER_MISMATCH',
    `${NAMESPACE_HEADER} is not the control-plane namespace that this backend was given`,
    'Set STAGELINE_BACKEND_CONTROL_PLANE_NAMESPACE to the namespace that Argo CD runs in',
  );
}

function single(rawHeaders: readonly string[], name: string): string {
  const values = valuesOf(rawHeaders, name);
  if (values.length > 1) throw repeated(name);
  if (values[0] === undefined || values[0] === '') {
    throw problem('HEADER_MISSING', `${name} is missing`, "Call through Argo CD's /extensions route");
  }
  return values[0];
}

function repeated(name: string): Error {
  return problem('HEADER_REPEATED', `${name} is there more than once`, 'Send it once');
}

function malformed(name: string, form: string): Error {
  return problem('HEADER_MALFORMED', `${name} is malformed`, `It must be ${form}`);
}

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const wanted = name.toLowerCase();
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === wanted);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'latin1').digest();
}

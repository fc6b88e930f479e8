/**
 * Names of the objects that Stageline makes, safe for Kubernetes' limits and for applications outside the
 * control-plane namespace, whose name Argo CD gives to plugins as `<namespace>_<name>`.
 * No Node built-ins: the tab computes the same names in a browser.
 */

import { fnv1a } from './fnv1a.ts';

/** Argo CD appends `<7>-<phase>-<10 digits>` to a hook's generateName; pod labels allow 63 characters. */
const GENERATED_SUFFIX_LENGTH = 7 + 1 + 'postsync'.length + 1 + 10;
const LABEL_LIMIT = 63;
const NAME_LIMIT = 253;

/** ConfigMap name of the anchor: `stageline-<application>`. */
export function anchorName(applicationName: string): string {
  const name = dnsName(applicationName);
  // The anchor of an application "ledger-shop" must not be the ledger of an application "shop".
  const own = name.startsWith('ledger-') ? `${name}-${fnv1a(applicationName)}` : name;
  return limited(`stageline-${own}`, NAME_LIMIT, applicationName);
}

/** ConfigMap name of the ledger: `stageline-ledger-<application>`. */
export function ledgerName(applicationName: string): string {
  return limited(`stageline-ledger-${dnsName(applicationName)}`, NAME_LIMIT, applicationName);
}

/**
 * generateName prefix of a hook Job, short enough for the suffix that Argo CD adds and for a label value.
 * `role` tells two Jobs of one Argo CD phase apart: `pre`, `post`, `promote`, `fail`.
 */
export function hookJobPrefix(applicationName: string, role: string): string {
  const tail = `-${role}-`;
  const label = labelName(applicationName);
  const room = LABEL_LIMIT - GENERATED_SUFFIX_LENGTH - tail.length;
  return limited(`sl-${label}`, room, applicationName) + tail;
}

/** Name of a task's child Job; deterministic, so that a restarted runner finds the one that it made. */
export function taskJobName(deliveryId: string, attempt: string, check: string): string {
  return limited(
    `sl-task-${deliveryId.slice(0, 8)}-${labelName(attempt)}-${check}`,
    LABEL_LIMIT,
    `${deliveryId}/${attempt}/${check}`,
  );
}

/**
 * Name of the Job of a pending promotion: the same for the same target, freight and gate, so that a repeat finds it.
 * `gate` says what it waits for, and until when if that is a time.
 */
export function pendingJobName(
  deliveryId: string,
  waits: { target: string; freight: string; gate: string },
): string {
  const { target, freight, gate } = waits;
  const identity = `${deliveryId}/${target}/${freight}/${gate}`;
  return limited(`sl-promote-${target}-${freight}-${fnv1a(identity)}`, LABEL_LIMIT, identity);
}

/**
 * Argo CD's instance name of an application, as plugins get it in ARGOCD_APP_NAME: plain inside the
 * control-plane namespace, `<namespace>_<name>` elsewhere.
 */
export function instanceName(name: string, namespace: string, controlPlaneNamespace: string): string {
  return namespace === controlPlaneNamespace ? name : `${namespace}_${name}`;
}

/** `a_b` and `a.b` must not meet: what was changed carries a hash of what it was. */
function dnsName(name: string): string {
  const safe = name
    .toLowerCase()
    .replace(/_/g, '.')
    .replace(/[^a-z0-9.-]/g, '-');
  return safe === name ? safe : `${safe}-${fnv1a(name).slice(0, 4)}`;
}

/** As `dnsName`, without dots, which labels of a host name may not have: `a-b` and `a.b` must not meet. */
function labelName(name: string): string {
  const safe = name.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  return safe === name ? safe : `${safe}-${fnv1a(name).slice(0, 4)}`;
}

function limited(name: string, limit: number, identity: string): string {
  if (name.length <= limit) return name;
  return `${name.slice(0, limit - 9).replace(/[-.]+$/, '')}-${fnv1a(identity)}`;
}

/**
 * What an object's annotations make of it in a sync: hook types, phases, waves, delete policies and options.
 * `helm.sh/hook` counts only where no Argo CD hook type is present.
 */
import type { KubeObject } from '../../kube/types.ts';

export type SyncPhase = 'PreSync' | 'Sync' | 'PostSync' | 'SyncFail';
export type HookType = SyncPhase | 'Skip' | 'PreDelete' | 'PostDelete';
export type DeletePolicy = 'BeforeHookCreation' | 'HookSucceeded' | 'HookFailed';

export const HOOK_ANNOTATION = 'argocd.argoproj.io/hook';
export const HOOK_FINALIZER = 'argocd.argoproj.io/hook-finalizer';
export const SYNC_PHASES: readonly SyncPhase[] = ['PreSync', 'Sync', 'PostSync', 'SyncFail'];

const HOOK_TYPES: readonly HookType[] = [...SYNC_PHASES, 'Skip', 'PreDelete', 'PostDelete'];
const HELM_HOOKS: Record<string, HookType> = {
  'crd-install': 'PreSync',
  'pre-install': 'PreSync',
  'pre-upgrade': 'PreSync',
  'post-install': 'PostSync',
  'post-upgrade': 'PostSync',
  'pre-delete': 'PreDelete',
  'post-delete': 'PostDelete',
};
const DELETE_POLICIES: readonly DeletePolicy[] = ['BeforeHookCreation', 'HookSucceeded', 'HookFailed'];
const HELM_DELETE_POLICIES: Record<string, DeletePolicy> = {
  'before-hook-creation': 'BeforeHookCreation',
  'hook-succeeded': 'HookSucceeded',
  'hook-failed': 'HookFailed',
};

/** The hook types an object asks for; a Helm hook that Argo CD has no phase for gives none. */
export function hookTypes(object: KubeObject): HookType[] {
  const asked = annotationList(object, HOOK_ANNOTATION);
  const own = HOOK_TYPES.filter((type) => asked.includes(type));
  if (own.length > 0) return own;
  const mapped = annotationList(object, 'helm.sh/hook').flatMap((name) => HELM_HOOKS[name] ?? []);
  return [...new Set(mapped)];
}

/** Whether an object takes part as a hook, and so never in the comparison. */
export function isHook(object: KubeObject): boolean {
  const annotations = object.metadata.annotations ?? {};
  if (HOOK_ANNOTATION in annotations) return !isSkipped(object);
  return 'helm.sh/hook' in annotations;
}

export function isSkipped(object: KubeObject): boolean {
  const types = hookTypes(object);
  return types.length === 1 && types[0] === 'Skip';
}

export function deletePolicies(object: KubeObject): DeletePolicy[] {
  const asked = annotationList(object, 'argocd.argoproj.io/hook-delete-policy');
  const own = DELETE_POLICIES.filter((policy) => asked.includes(policy));
  if (own.length > 0) return own;
  const helm = annotationList(object, 'helm.sh/hook-delete-policy');
  const mapped = helm.flatMap((name) => HELM_DELETE_POLICIES[name] ?? []);
  return mapped.length > 0 ? mapped : ['BeforeHookCreation'];
}

/** The sync wave; a Helm hook's weight counts where no wave is set. */
export function waveOf(object: KubeObject): number {
  const annotations = object.metadata.annotations ?? {};
  const text = annotations['argocd.argoproj.io/sync-wave'] ?? annotations['helm.sh/hook-weight'];
  const wave = text === undefined ? 0 : Number.parseInt(text, 10);
  return Number.isNaN(wave) ? 0 : wave;
}

/** Whether `argocd.argoproj.io/sync-options` or `compare-options` of an object has an option. */
export function hasOption(
  object: KubeObject,
  annotation: 'sync-options' | 'compare-options',
  option: string,
): boolean {
  return annotationList(object, `argocd.argoproj.io/${annotation}`).includes(option);
}

function annotationList(object: KubeObject, name: string): string[] {
  const text = object.metadata.annotations?.[name] ?? '';
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** The waves of the render's own hooks, which ours stand around. */
import { parseDocument } from 'yaml';
import { get } from '../inject/additions.ts';
import { GoNumber, readGoValue, type GoValue } from '../inject/go-yaml.ts';
import type { DoubtfulDocument } from '../inject/types.ts';

export interface Waves {
  /** Of our pre-deployment hook: below every PreSync hook of the render. */
  pre: number;
  /** Of our post-deployment hook: above every PostSync hook; promotion is one above. */
  post: number;
}

/** Helm's hooks as Argo CD takes them, if an object has no hook of Argo CD's own (gitops-engine, pkg/sync/hook). */
const HELM_HOOKS: Record<string, 'PreSync' | 'PostSync'> = {
  'pre-install': 'PreSync',
  'pre-upgrade': 'PreSync',
  'post-install': 'PostSync',
  'post-upgrade': 'PostSync',
};

/** Reads the waves of the documents that name a hook. A document that cannot be read has none here. */
export function findWaves(stream: string, documents: readonly DoubtfulDocument[]): Waves {
  const waves: Record<'PreSync' | 'PostSync', number[]> = { PreSync: [0], PostSync: [0] };
  for (const document of documents) {
    const text = Buffer.from(stream.slice(document.start, document.end), 'latin1').toString('utf8');
    for (const object of objectsIn(text)) {
      const annotations = get(object, ['metadata', 'annotations']);
      if (!(annotations instanceof Map)) continue;
      const wave = waveOf(annotations);
      for (const phase of phasesOf(annotations)) waves[phase].push(wave);
    }
  }
  return { pre: Math.min(...waves.PreSync) - 1, post: Math.max(...waves.PostSync) + 1 };
}

function objectsIn(text: string): GoValue[] {
  const parsed = parseDocument(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    strict: false,
    logLevel: 'silent',
  });
  if (parsed.errors.length > 0) return [];
  const value = readGoValue(parsed);
  const items = get(value, ['items']);
  return Array.isArray(items) ? items : [value];
}

/** Other words in the annotation count for nothing (gitops-engine, pkg/sync/common). */
const ARGO_HOOKS = ['PreSync', 'Sync', 'PostSync', 'SyncFail', 'Skip'];

function phasesOf(annotations: Map<string, GoValue>): ('PreSync' | 'PostSync')[] {
  const argo = words(annotations.get('argocd.argoproj.io/hook')).filter((word) => ARGO_HOOKS.includes(word));
  if (argo.length > 0) {
    return (['PreSync', 'PostSync'] as const).filter((phase) => argo.includes(phase));
  }
  const helm = words(annotations.get('helm.sh/hook')).flatMap((name) => HELM_HOOKS[name] ?? []);
  return [...new Set(helm)];
}

/** A wave that is no whole number counts as none, and then the weight of Helm does (gitops-engine, pkg/sync/syncwaves). */
function waveOf(annotations: Map<string, GoValue>): number {
  return (
    wholeNumber(annotations.get('argocd.argoproj.io/sync-wave')) ??
    wholeNumber(annotations.get('helm.sh/hook-weight')) ??
    0
  );
}

function wholeNumber(value: GoValue | undefined): number | undefined {
  const text = value instanceof GoNumber ? value.digits : value;
  if (typeof text !== 'string' || !/^[+-]?\d+$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}

function words(value: GoValue | undefined): string[] {
  return typeof value === 'string'
    ? value
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== '')
    : [];
}

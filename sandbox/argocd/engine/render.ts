/** Renders an Application at a revision: cache, tree copy, plugin, decoding, tracking annotation. */
import type { KubeObject } from '../../kube/types.ts';
import { messageOf } from '../../../core/errors.ts';
import { MANIFEST_PATHS_ANNOTATION, TRACKING_ANNOTATION } from './application.ts';
import { changedFilesTouch } from './manifest-paths.ts';
import { groupOf } from './kinds.ts';
import { decodeManifests } from './manifest-stream.ts';
import { requestEnvironment } from './plugin-environment.ts';
import type { RenderContext } from './plugin-environment.ts';
import { runPlugin } from './plugin-process.ts';
import { RenderCache, renderKey } from './render-cache.ts';
import { applicationDirectory } from './repository.ts';
import type { Repositories } from './repository.ts';
import { limit } from './serialize.ts';

const RENDER_DEADLINE_MS = 60_000;
/** argocd-cmp-server stops this much before its caller's deadline. */
const DEADLINE_MARGIN_MS = 100;

export interface PluginOptions {
  /** Argv of the plugin's generate command. */
  command: string[];
  /** The sidecar's own environment. */
  env: Record<string, string>;
  /** Time for one render; Argo CD's default is 60 s. */
  timeoutMs?: number;
}

export interface Renderer {
  render(context: RenderContext, options?: { noCache?: boolean }): Promise<KubeObject[]>;
  /** Takes over the manifests of an earlier revision when no watched path changed since then. */
  carryOver(context: RenderContext, fromRevision: string, annotations: Record<string, string>): Promise<void>;
}

/** A render error as Argo CD words it in the ComparisonError condition. */
export class RenderError extends Error {
  constructor(message: string) {
    super(
      `Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = ${message}`,
    );
    this.name = 'RenderError';
  }
}

export function createRenderer(options: {
  repositories: Repositories;
  plugin: PluginOptions;
  now: () => Date;
  log: (message: string) => void;
  /** Renders at once; Argo CD's own default is no limit. */
  parallelism: number;
}): Renderer {
  const { repositories, plugin } = options;
  const cache = new RenderCache(options.now);
  const slot = limit(options.parallelism);

  async function generate(context: RenderContext): Promise<KubeObject[]> {
    const { stdout, stderr } = await repositories.withTree(context.source.repoURL, context.revision, (root) =>
      runPlugin({
        command: plugin.command,
        cwd: applicationDirectory(root, context.source.path ?? '.'),
        env: { ...plugin.env, ...requestEnvironment(context) },
        timeoutMs: (plugin.timeoutMs ?? RENDER_DEADLINE_MS) - DEADLINE_MARGIN_MS,
      }),
    );
    if (stderr.trim() !== '') options.log(`${context.appName}: plugin printed on stderr: ${stderr.trim()}`);
    if (stdout.trim() === '') options.log(`${context.appName}: plugin printed no manifests`);
    return decodeManifests(stdout).map((object) => tracked(object, context));
  }

  return {
    async render(context, { noCache = false } = {}) {
      const key = renderKey(context);
      const known = noCache ? undefined : cache.get(key);
      if (known) return known;
      const paused = noCache ? undefined : cache.pausedFailure(key);
      if (paused !== undefined) throw new RenderError(`Manifest generation error (cached): ${paused}`);
      try {
        const objects = await slot(() => generate(context));
        cache.set(key, objects);
        return structuredClone(objects);
      } catch (error) {
        const message = pluginMessage(error);
        cache.noteFailure(key, message);
        throw new RenderError(message);
      }
    },
    async carryOver(context, fromRevision, annotations) {
      const paths = annotations[MANIFEST_PATHS_ANNOTATION];
      if (!paths || fromRevision === '' || fromRevision === context.revision) return;
      if (cache.get(renderKey(context))) return;
      const from = renderKey({ ...context, revision: fromRevision });
      if (!cache.get(from)) return;
      const listing = await repositories.inspect(context.source.repoURL, context.revision, [
        'diff',
        '--name-only',
        '-z',
        fromRevision,
        context.revision,
      ]);
      const files = listing.split('\0').filter((file) => file !== '');
      if (!changedFilesTouch(files, paths, context.source.path ?? '.'))
        cache.rename(from, renderKey(context));
    },
  };
}

function pluginMessage(error: unknown): string {
  const prefix =
    'plugin sidecar failed. error generating manifests in cmp: rpc error: code = Unknown desc = error generating manifests: ';
  const message = messageOf(error);
  return error instanceof Error && error.name === 'PluginFailure' ? prefix + message : message;
}

/** Adds the tracking annotation, to hooks too. `<app>:<group>/<kind>:<namespace>/<name>`. */
function tracked(object: KubeObject, context: RenderContext): KubeObject {
  const namespace = object.metadata.namespace ?? context.destinationNamespace;
  const id = `${context.appName}:${groupOf(object.apiVersion)}/${object.kind}:${namespace}/${object.metadata.name}`;
  const annotations = { ...object.metadata.annotations, [TRACKING_ANNOTATION]: id };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

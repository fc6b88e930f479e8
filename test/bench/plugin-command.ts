/** The plugin as plugin.yaml starts it, with the bundle of this tree. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '../..');
export const PLUGIN = resolve(root, 'dist/cmp.cjs');

const Manifest = z.object({ data: z.object({ 'plugin.yaml': z.string() }) });
const Plugin = z.object({
  spec: z.object({ generate: z.object({ command: z.tuple([z.literal('node')], z.string()) }) }),
});

/** Node's flags, and then the bundle and its command; more flags may stand before. */
export function pluginCommand(): string[] {
  const manifest = Manifest.parse(
    parse(readFileSync(resolve(root, 'manifests/argocd/repo-server/plugin.yaml'), 'utf8')),
  );
  const [, ...rest] = Plugin.parse(parse(manifest.data['plugin.yaml'])).spec.generate.command;
  return rest.map((argument) => (argument === '/app/cmp.cjs' ? PLUGIN : argument));
}

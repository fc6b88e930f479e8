/** The plugin as plugin.yaml starts it, with the bundle of this tree. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '../..');
export const PLUGIN = resolve(root, 'dist/cmp.cjs');

const Manifest = z.object({ data: z.object({ 'plugin.yaml': z.string() }) });
const Plugin = z.object({
  spec: z.object({ generate: z.object({ command: z.tuple([z.string()], z.string()) }) }),
});
const IN_IMAGE: Readonly<Record<string, string>> = {
  '/app/generate.sh': resolve(root, 'cmp/generate.sh'),
  '/app/cmp.cjs': PLUGIN,
};

/** The program and its arguments; Node must be on PATH. */
export function pluginCommand(): [program: string, args: string[]] {
  const manifest = Manifest.parse(
    parse(readFileSync(resolve(root, 'manifests/argocd/repo-server/plugin.yaml'), 'utf8')),
  );
  const [program, ...args] = Plugin.parse(parse(manifest.data['plugin.yaml'])).spec.generate.command;
  return [program, args.map((argument) => IN_IMAGE[argument] ?? argument)];
}

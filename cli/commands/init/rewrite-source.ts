/** Writes `source.plugin` into an Application's file; every other byte stays. */
import { stringify } from 'yaml';
import { KUBE_YAML_TEXT } from '../../../core/kube-yaml.ts';
import type { FoundApplication, PluginParameter } from './types.ts';

export interface Rewrite {
  application: FoundApplication;
  parameters: PluginParameter[];
}

/** The file's text with the sources of these applications, all of them in it, rewritten. */
export function rewriteSources(text: string, rewrites: readonly Rewrite[]): string {
  const edits = rewrites.flatMap(({ application, parameters }) => {
    const { replaced, insertAt, indent } = application.place;
    const block = pluginBlock(parameters, indent);
    const [first, ...rest] = replaced;
    if (first === undefined) return [{ start: insertAt, end: insertAt, block }];
    return [{ ...first, block }, ...rest.map((range) => ({ ...range, block: '' }))];
  });
  let result = text;
  // From the end on, so that the offsets before stay true.
  for (const { start, end, block } of edits.toSorted((a, b) => b.start - a.start)) {
    const before = result.slice(0, start);
    const glue = before === '' || before.endsWith('\n') ? '' : '\n';
    result = `${before}${glue}${block}${result.slice(end)}`;
  }
  return result;
}

function pluginBlock(parameters: readonly PluginParameter[], indent: number): string {
  const plugin = { name: 'stageline', ...(parameters.length === 0 ? {} : { parameters }) };
  return stringify({ plugin }, KUBE_YAML_TEXT)
    .split('\n')
    .map((line) => (line === '' ? '' : ' '.repeat(indent) + line))
    .join('\n');
}

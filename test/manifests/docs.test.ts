/** The pages about installing and operating against what they speak of. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { approveCommand } from '../../cli/commands/approve.ts';
import { doctorCommand } from '../../cli/commands/doctor.ts';
import { initCommand } from '../../cli/commands/init.ts';
import { promoteCommand } from '../../cli/commands/promote.ts';
import { statusCommand } from '../../cli/commands/status.ts';
import { root } from './kustomize.ts';

const known = [approveCommand, doctorCommand, initCommand, promoteCommand, statusCommand];
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const pages = ['install', 'security', 'operations', 'promotion'].map((name) => ({
  name,
  text: read(`docs/${name}.md`),
}));

test.each(pages)('links of $name lead to files that are there', ({ text }) => {
  const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1] ?? '');
  expect(targets.length).toBeGreaterThan(0);
  expect(targets.filter((target) => !existsSync(path.join(root, 'docs', target)))).toEqual([]);
});

test.each(pages)('folders of manifests that $name names are there', ({ text }) => {
  const named = [
    ...text.matchAll(
      /(?:manifests\/|`)((?:argocd|backend|due|hooks|tracing|server-side)\/[a-z-]+(?:\/[a-z-]+)?)/g,
    ),
  ];
  const folders = named.map((match) => match[1] ?? '').filter((folder) => !folder.endsWith('-server'));
  expect(
    folders.filter(
      (folder) =>
        !existsSync(path.join(root, 'manifests', folder)) &&
        !existsSync(path.join(root, 'manifests', `${folder}.yaml`)),
    ),
  ).toEqual([]);
});

test.each(pages)('YAML in $name is well-formed', ({ text }) => {
  for (const [, block = ''] of text.matchAll(/```yaml\n([\s\S]*?)```/g)) expect(parse(block)).toBeTruthy();
});

test('every version that the pages name is this one', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const named = pages.flatMap(({ text }) => [
    ...text.matchAll(/(?:stageline:|ref=|download\/)v(\d+\.\d+\.\d+)/g),
  ]);
  expect(new Set(named.map((match) => match[1]))).toEqual(new Set([version]));
});

test('the page on operations lists every setting of the plugin, with its default', () => {
  const known = new Set(read('cmp/settings.ts').match(/STAGELINE_[A-Z_]*[A-Z]/g));
  const table = read('docs/operations.md').split('## Upgrades')[0] ?? '';
  const listed = new Set(table.match(/STAGELINE_[A-Z_]*[A-Z]/g));
  expect(listed).toEqual(known);
});

test('the sidecar in the Helm chart’s values is the sidecar of the manifests', () => {
  const blocks = [...(pages[0]?.text ?? '').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, block = '']) => parse(block) as Record<string, never>,
  );
  const values = blocks.find((block) => 'repoServer' in block) as unknown as {
    repoServer: { extraContainers: unknown[]; volumes: unknown[] };
  };
  const patch = parse(read('manifests/argocd/repo-server/sidecar.yaml')) as {
    spec: { template: { spec: { containers: unknown[]; volumes: unknown[] } } };
  };
  expect(values.repoServer.extraContainers).toEqual(patch.spec.template.spec.containers);
  expect(values.repoServer.volumes).toEqual(patch.spec.template.spec.volumes);
});

test('commands that the pages show are commands, with options that they have', () => {
  const shown = pages.flatMap(({ text }) => [...text.matchAll(/^stageline (\w+)(.*)$/gm)]);
  expect(shown.length).toBeGreaterThan(4);
  for (const [, name, rest = ''] of shown) {
    const command = known.find((one) => one.name === name);
    expect(command, name).toBeDefined();
    for (const option of rest.match(/--[a-z-]+/g) ?? []) expect(command?.help).toContain(option);
  }
});

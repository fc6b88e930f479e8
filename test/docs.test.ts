/** The pages: what is generated is fresh, and every link inside the repository leads somewhere. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { pipelineJsonSchema } from '../core/pipeline/schema.ts';
// @ts-expect-error A plain script; the test holds what it makes.
import { pipelineReference } from '../scripts/pipeline-reference.mjs';

const root = path.resolve(import.meta.dirname, '..');
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n');

test('the reference of the pipeline file is what the schema says; if not, run "node scripts/generate-docs.mjs"', () => {
  const committed = readFileSync(path.join(root, 'docs/pipeline-file.md'), 'utf8');
  expect(committed).toBe(pipelineReference(pipelineJsonSchema()));
});

describe.each(pages)('%s', (page) => {
  const text = readFileSync(path.join(root, page), 'utf8').replace(/```[\s\S]*?```/g, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^[a-z]+:|^#/.test(link));

  test('links to files that are there', () => {
    const dead = links.filter(
      (link) => !existsSync(path.resolve(root, path.dirname(page), link.replace(/#.*$/, ''))),
    );
    expect(dead).toEqual([]);
  });

  test('links to headings that are there', () => {
    const all = [...text.matchAll(/\]\(([^)\s]*\.md)?#([^)\s]+)\)/g)];
    const dead = all.filter(([, file, heading = '']) => {
      if (file?.startsWith('http')) return false;
      const target = path.resolve(root, path.dirname(page), file ?? path.basename(page));
      return !headingsOf(readFileSync(target, 'utf8')).includes(heading);
    });
    expect(dead.map(([link]) => link)).toEqual([]);
  });
});

/** As GitHub makes them of a page's headings. */
function headingsOf(markdown: string): string[] {
  return [...markdown.replace(/```[\s\S]*?```/g, '').matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('the README is under 150 lines', () => {
  expect(readFileSync(path.join(root, 'README.md'), 'utf8').split('\n').length).toBeLessThan(150);
});

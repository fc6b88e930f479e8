/** The YAML of the pages is what the schema takes, and the figures that the pages name are counted. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDocument, visit } from 'yaml';
import { CHECK_KINDS, type Check } from '../../core/pipeline/schema.ts';
import { parsePipeline } from '../../core/pipeline/parse.ts';
import { ROOT } from './applications.ts';

function page(name: string): string {
  return readFileSync(join(ROOT, 'docs', name), 'utf8');
}

/** The fenced blocks of a language, with the line that each begins on. */
function blocksOf(text: string, language: string): { line: number; code: string }[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter((match) => match[1] === language)
    .map((match) => ({ line: text.slice(0, match.index).split('\n').length, code: match[2] ?? '' }));
}

describe('the smallest pipeline of the getting-started page', () => {
  const [code = ''] = blocksOf(
    page('getting-started.md').split('<!-- smallest pipeline -->')[1] ?? '',
    'yaml',
  ).map((block) => block.code);

  test('has two stages, one check and a promotion by pull request', () => {
    const { pipeline } = parsePipeline(code, 'stageline.yaml');
    const [dev, prod] = pipeline.stages;
    expect(pipeline.stages).toHaveLength(2);
    expect(dev?.postDeployment).toHaveLength(1);
    expect(prod).toMatchObject({ after: 'dev', promotion: { pullRequest: {} } });
  });

  test('has at most 25 lines, 100 columns and 60 nodes, in block style', () => {
    const lines = code.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(25);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    let nodes = 0;
    const flow: unknown[] = [];
    visit(parseDocument(code), {
      // Keys are nodes too. An empty mapping can be written in no other style.
      Node: (_key, node) => {
        nodes += 1;
        if ('flow' in node && node.flow === true && 'items' in node && node.items.length > 0) flow.push(node);
      },
    });
    expect(nodes).toBeLessThanOrEqual(60);
    expect(flow).toEqual([]);
  });
});

test('from a running Argo CD to the first promotion the page needs at most six commands and edits', () => {
  const section =
    /## In an Argo CD that you have\n([\s\S]*?)\n## /.exec(page('getting-started.md'))?.[1] ?? '';
  const steps = section.split(/^\*\*\d+\.\*\* /m).slice(1);
  expect(steps.length).toBeLessThanOrEqual(6);
  for (const step of steps) {
    const commands = blocksOf(step, 'sh').map(({ code }) => code.trim());
    const isOneLoop = commands.length === 1 && /^for [\s\S]*\ndone$/.test(commands[0] ?? '');
    expect(commands.length).toBeLessThanOrEqual(1);
    expect(isOneLoop || (commands[0] ?? '').split('\n').length <= 1).toBe(true);
  }
});

describe('the examples of the checks page', () => {
  const blocks = blocksOf(page('checks.md'), 'yaml');
  const checksIn = (code: string): Check[] => {
    const steps = code.replace(/^(?=.)/gm, '      ');
    const text = `apiVersion: stageline.dev/v1
pipeline: shop
moves:
  - helmValues: { keys: [frontend.tag] }
stages:
  - name: dev
    application: shop-dev
    path: charts/dev
    postDeployment:
${steps}`;
    return (parsePipeline(text, 'docs/checks.md').pipeline.stages[0]?.postDeployment ?? []).flat();
  };

  test.each(blocks)('the one at line $line is what the schema takes', ({ code }) => {
    expect(checksIn(code).length).toBeGreaterThan(0);
  });

  test.each(CHECK_KINDS)('there is one of %s, with a heading of its own', (kind) => {
    expect(blocks.flatMap(({ code }) => checksIn(code)).some((check) => check[kind] !== undefined)).toBe(
      true,
    );
    expect(page('checks.md')).toContain(`\n## ${kind}\n`);
  });
});

describe('the examples of the promotion page', () => {
  test.each(blocksOf(page('promotion.md'), 'yaml'))(
    'the one at line $line is what the schema takes',
    ({ code }) => {
      const fields = code.replace(/^(?=.)/gm, '    ');
      const text = `apiVersion: stageline.dev/v1
pipeline: shop
moves:
  - helmValues: { keys: [frontend.tag] }
stages:
  - { name: qa, application: shop-qa, path: charts/qa }
  - { name: perf, application: shop-perf, path: charts/perf }
  - name: prod
    application: shop-prod
    path: charts/prod
${/^after:/m.test(code) ? '' : '    after: qa\n'}${/^promotion:/m.test(code) ? '' : '    promotion: { push: {} }\n'}${fields}`;
      expect(parsePipeline(text, 'docs/promotion.md').pipeline.stages).toHaveLength(3);
    },
  );
});

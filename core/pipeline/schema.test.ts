import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHECK_KINDS, CheckSchema, MOVE_KINDS, pipelineJsonSchema, PipelineSchema } from './schema.ts';

const ROOT = join(import.meta.dirname, '../..');
const shop: unknown = parse(readFileSync(join(ROOT, 'examples/shop/stageline.yaml'), 'utf8'));
const validate = new Ajv2020({ strictTypes: false }).compile(pipelineJsonSchema());

describe('the published JSON Schema', () => {
  test('is what the code makes; if not, run "node scripts/generate-schema.mjs"', () => {
    const committed: unknown = JSON.parse(readFileSync(join(ROOT, 'docs/schema/pipeline.json'), 'utf8'));
    expect(committed).toEqual(pipelineJsonSchema());
  });

  test('accepts the example', () => {
    validate(shop);
    expect(validate.errors).toBeNull();
  });

  test.each([
    ['an unknown field', { stage: 'x' }],
    ['no stages', { stages: [] }],
    ['another version', { apiVersion: 'v2' }],
    ['a move of two kinds', { moves: [{ files: ['a'], helmValues: { keys: ['a'] } }] }],
    [
      'a check of two kinds',
      {
        stages: [
          {
            name: 'dev',
            application: 'a',
            path: 'p',
            preDeployment: [{ name: 'c', task: { image: 'i' }, http: { url: 'http://x/' } }],
          },
        ],
      },
    ],
  ])('turns down %s, as the plugin does', (_what, change) => {
    const changed = { ...PipelineSchema.parse(shop), ...change };
    expect(validate(changed)).toBe(false);
    expect(PipelineSchema.safeParse(changed).success).toBe(false);
  });
});

test('the kinds that are counted are the kinds that there are', () => {
  const fields = (schema: unknown): string[] => (schema as string[]).toSorted();
  const check = Object.keys(CheckSchema.shape);
  expect(fields([...CHECK_KINDS])).toEqual(
    check.filter((field) => CHECK_KINDS.some((kind) => kind === field)).sort(),
  );
  expect(Object.keys(PipelineSchema.shape.moves.element.shape).sort()).toEqual(fields([...MOVE_KINDS]));
});

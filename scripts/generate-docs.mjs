/** `node scripts/generate-docs.mjs`: writes the pages that are made from code. test/docs.test.ts says when to. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pipelineJsonSchema } from '../core/pipeline/schema.ts';
import { pipelineReference } from './pipeline-reference.mjs';

writeFileSync(
  path.resolve(import.meta.dirname, '../docs/pipeline-file.md'),
  pipelineReference(pipelineJsonSchema()),
);

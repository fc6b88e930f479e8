/**
 * Writes docs/schema/pipeline.json, the JSON Schema of pipeline files for editors, from the zod schema in core/.
 * `node scripts/generate-schema.mjs`; core/pipeline/schema.test.ts says when it has to be run.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipelineJsonSchema } from '../core/pipeline/schema.ts';

const target = join(import.meta.dirname, '../docs/schema/pipeline.json');
mkdirSync(join(target, '..'), { recursive: true });
writeFileSync(target, `${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`);

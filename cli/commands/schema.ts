/** `stageline schema`: the JSON Schema of pipeline files. */
import { pipelineJsonSchema } from '../../core/pipeline/schema.ts';
import type { Command } from '../command.ts';

export const schemaCommand: Command = {
  name: 'schema',
  summary: 'Print the JSON Schema of stageline.yaml, for editors',
  help: 'Usage: stageline schema > stageline.schema.json',
  run: async (_args, io) => {
    io.stdout(`${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`);
    return 0;
  },
};

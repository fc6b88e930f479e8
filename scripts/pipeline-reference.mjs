/** Makes docs/pipeline-file.md out of the JSON Schema, so that the page cannot say what the code does not do. */

const INTRO = `# The pipeline file

\`stageline.yaml\` says what moves, through which stages, and what is checked on the way. The plugin finds it by walking up from the
application's path to the root of the repository, or takes the file that its parameter \`pipeline\` names; \`pipeline: none\` injects and
checks nothing. A stage finds itself by the name of its Application, then by its path.

For completion and checks while typing, write the schema next to the file (\`stageline schema > stageline.schema.json\`, the same as
[\`schema/pipeline.json\`](schema/pipeline.json)) and put this on the first line:

\`\`\`yaml
# yaml-language-server: $schema=stageline.schema.json
\`\`\`

*This page is generated: \`node scripts/generate-docs.mjs\`. A field in **bold** must be there.*
`;

/** @param {Record<string, unknown>} schema */
export function pipelineReference(schema) {
  const sections = [];
  describe({ schema, name: 'The file', path: '', defs: schema.$defs ?? {}, sections, seen: new Set() });
  return `${INTRO}\n${sections.join('\n')}`;
}

function describe(place) {
  const { name, path, defs, sections, seen } = place;
  const schema = resolve(place.schema, defs);
  if (seen.has(schema)) return;
  seen.add(schema);
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([key, field]) => {
    const label = required.has(key) ? `**\`${key}\`**` : `\`${key}\``;
    return `| ${label} | ${typeOf(field, defs)} | ${text(field, defs)} |`;
  });
  if (rows.length === 0) return;
  const note = schema.oneOf ? '\nExactly one kind.\n' : '';
  sections.push(
    `## ${name}\n${path === '' ? '' : `\n\`${path}\`\n`}${note}\n| Field | Type | Meaning |\n|---|---|---|\n${rows.join('\n')}\n`,
  );
  for (const [key, field] of Object.entries(schema.properties ?? {})) {
    for (const inner of objectsIn(field, defs)) {
      const at = path === '' ? key : `${path}.${key}`;
      describe({ schema: inner, name: title(key, inner, defs), path: at, defs, sections, seen });
    }
  }
}

function resolve(schema, defs) {
  const name = /^#\/\$defs\/(.+)$/.exec(schema.$ref ?? '')?.[1];
  return name === undefined ? schema : resolve(defs[name], defs);
}

/** The objects with named fields that a field can hold, through lists and alternatives. */
function objectsIn(field, defs) {
  const schema = resolve(field, defs);
  if (schema.properties) return [schema];
  const inner = [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])];
  return inner.flatMap((part) => objectsIn(part, defs));
}

function title(key, schema, defs) {
  const known = Object.entries(defs).find(([, value]) => value === schema)?.[0];
  if (known !== undefined) return known;
  const words = key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function typeOf(field, defs) {
  const schema = resolve(field, defs);
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map((part) => typeOf(part, defs)))].join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {}, defs)}`;
  if (schema.type === 'object')
    return schema.properties ? 'object' : `map of ${typeOf(schema.additionalProperties ?? {}, defs)}`;
  return schema.type ?? 'any';
}

function text(field, defs) {
  const schema = resolve(field, defs);
  const words = field.description ?? schema.description ?? '';
  return words.replace(/\|/g, '\\|').replace(/\n/g, ' ');
}

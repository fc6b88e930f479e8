/**
 * GitHub's published OpenAPI description: requests and answers are held to it, and its examples are what answers are
 * made from. Only what the used operations need is compiled.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import { isRecord, type JsonRecord } from './json.ts';

/** A file of the package `@octokit/openapi`: github.com, or an Enterprise Server. */
export type DescriptionName = 'api.github.com' | 'ghes-3.19';

export interface Description {
  /** What is wrong with a request, in words; empty if nothing. */
  requestProblems(operation: Operation, request: DescribedRequest): string[];
  answerProblems(operation: Operation, status: number, body: unknown): string[];
  /** A published example, as a copy of its own. */
  example(name: string): JsonRecord;
  /** Undefined if the description has no such operation. */
  operation(method: string, path: string): Operation | undefined;
}

export interface Operation {
  name: string;
  definition: JsonRecord;
}

export interface DescribedRequest {
  path: Record<string, string>;
  query: Record<string, string>;
  body: unknown;
}

const REF = '#/components/';

export function loadDescription(name: DescriptionName): Description {
  const require = createRequire(new URL('../../test/packages/package.json', import.meta.url));
  const file = require.resolve(`@octokit/openapi/generated/${name}.json`);
  const document: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isRecord(document)) throw new Error(`${file} is no OpenAPI description`);
  const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: false, validateFormats: false });
  const queryAjv = new Ajv({ strict: false, coerceTypes: true, validateFormats: false });
  const compiled = new Map<string, ValidateFunction>();

  function resolve(value: unknown): JsonRecord {
    if (!isRecord(value)) return {};
    const ref = value['$ref'];
    return typeof ref === 'string' ? resolve(at(document, ref)) : value;
  }

  function validator(key: string, schema: unknown, using = ajv): ValidateFunction {
    const known = compiled.get(key);
    if (known) return known;
    const made = using.compile(withDefinitions(document, schema));
    compiled.set(key, made);
    return made;
  }

  function problems(key: string, schema: unknown, value: unknown, using = ajv): string[] {
    const validate = validator(key, schema, using);
    if (validate(value)) return [];
    return (validate.errors ?? [])
      .slice(0, 5)
      .map((error) => `${key}${error.instancePath} ${error.message ?? ''}`);
  }

  return {
    operation: (method, path) => {
      const definition = at(document, `#/paths/${path.replaceAll('/', '~1')}/${method.toLowerCase()}`);
      return isRecord(definition) ? { name: `${method} ${path}`, definition } : undefined;
    },
    example: (name) => {
      const value = resolve(at(document, `${REF}examples/${name}`))['value'];
      const first: unknown = Array.isArray(value) ? value[0] : value;
      if (!isRecord(first)) throw new Error(`the description has no example ${name}`);
      return structuredClone(first);
    },
    requestProblems: ({ name, definition }, request) => {
      const parameters = (Array.isArray(definition['parameters']) ? definition['parameters'] : []).map(
        resolve,
      );
      const found: string[] = [];
      for (const place of ['path', 'query'] as const) {
        for (const [key, value] of Object.entries(request[place])) {
          const parameter = parameters.find((known) => known['in'] === place && known['name'] === key);
          if (!parameter) found.push(`${name} has no ${place} parameter ${key}`);
          else
            found.push(
              ...problems(`${name} ${place} ${key}`, boxed(parameter['schema']), { value }, queryAjv),
            );
        }
      }
      const content = resolve(definition['requestBody']);
      const schema = at(content, '#/content/application~1json/schema');
      if (schema === undefined)
        return request.body === undefined ? found : [...found, `${name} takes no body`];
      if (request.body === undefined)
        return content['required'] === true ? [...found, `${name} needs a body`] : found;
      return [...found, ...problems(`${name} body`, closed(resolve(schema)), request.body)];
    },
    answerProblems: ({ name, definition }, status, body) => {
      const answer = at(definition, `#/responses/${status}`);
      // The description leaves general refusals out of most operations.
      if (answer === undefined) return status >= 400 ? [] : [`${name} has no answer ${status}`];
      const schema = at(resolve(answer), '#/content/application~1json/schema');
      if (schema === undefined)
        return body === undefined || status >= 400 ? [] : [`${name} ${status} has no body`];
      return problems(`${name} ${status}`, schema, body);
    },
  };
}

/** Fields that the description does not name are refused at the top of a body, where it does not allow them itself. */
function closed(schema: JsonRecord): JsonRecord {
  const isPlainObject =
    isRecord(schema['properties']) && !schema['oneOf'] && !schema['anyOf'] && !schema['allOf'];
  return isPlainObject && schema['additionalProperties'] === undefined
    ? { ...schema, additionalProperties: false }
    : schema;
}

function boxed(schema: unknown): JsonRecord {
  return { type: 'object', properties: { value: schema } };
}

/** A JSON schema by itself: the referenced ones come along, OpenAPI's `nullable` becomes a type. */
function withDefinitions(document: unknown, schema: unknown): JsonRecord {
  const definitions: JsonRecord = {};
  const convert = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(convert);
    if (!isRecord(value)) return value;
    const ref = value['$ref'];
    if (typeof ref === 'string') {
      const name = ref.slice(ref.lastIndexOf('/') + 1);
      if (!(name in definitions)) {
        definitions[name] = true;
        definitions[name] = convert(at(document, ref));
      }
      return { $ref: `#/definitions/${name}` };
    }
    const { nullable, example: _example, examples: _examples, ...rest } = value;
    const converted = Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, convert(inner)]));
    return nullable === true ? { anyOf: [converted, { type: 'null' }] } : converted;
  };
  const root = convert(schema);
  return { ...(isRecord(root) ? root : {}), definitions };
}

function at(document: unknown, pointer: string): unknown {
  let value = document;
  for (const part of pointer.replace(/^#\//, '').split('/')) {
    if (!isRecord(value)) return undefined;
    value = value[part.replaceAll('~1', '/')];
  }
  return value;
}

/** The OpenAPI 3.1 description of the routes; its schemas are those of answers.ts. */
import { z } from 'zod';
import {
  HealthAnswer,
  LinksAnswer,
  ProblemAnswer,
  SearchAnswer,
  SearchQuery,
  TraceAnswer,
} from './answers.ts';
import { APPLICATION_HEADER, NAMESPACE_HEADER, PROJECT_HEADER, SECRET_HEADER } from './caller.ts';

type Json = Record<string, unknown>;

const SCHEMAS = { TraceAnswer, SearchAnswer, LinksAnswer, ProblemAnswer, HealthAnswer };

const PROBLEMS: Record<string, string> = {
  '400': 'A header of Argo CD is missing, repeated, malformed or does not fit, or a parameter is wrong',
  '401': 'The shared secret is missing or wrong',
  '404': "There is no such trace, or it is not the application's own",
  '405': 'Only GET and HEAD',
  '500': 'A defect of the backend',
  '502': 'The trace store cannot be reached, answers something else, or too much',
  '503': 'Too many requests to the trace store at once',
  '504': 'The trace store did not answer in time',
};

/** Made anew each time; callers keep it. */
export function openApiDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Stageline backend',
      version: '1',
      description: "Traces for Stageline's tab, behind Argo CD's proxy extension",
    },
    paths: {
      '/v1/traces/{traceId}': {
        get: operation('A trace of the application', 'TraceAnswer', {
          statuses: ['400', '401', '404', '405', '500', '502', '503', '504'],
          parameters: [
            {
              name: 'traceId',
              in: 'path',
              required: true,
              schema: { type: 'string', pattern: '^[0-9a-f]{32}$' },
            },
          ],
          notModified: true,
        }),
      },
      '/v1/traces': {
        get: operation('Recent traces of the application', 'SearchAnswer', {
          statuses: ['400', '401', '405', '500', '502', '503', '504'],
          parameters: searchParameters(),
        }),
      },
      '/v1/links': {
        get: operation('Templates of deep links', 'LinksAnswer', { statuses: ['400', '401', '405', '500'] }),
      },
      '/healthz': { get: open('The process answers', { '200': 'HealthAnswer' }) },
      '/readyz': {
        get: open('Requests are welcome; 503 while it shuts down', {
          '200': 'HealthAnswer',
          '503': 'HealthAnswer',
        }),
      },
      '/openapi.json': {
        get: { summary: 'This description', responses: { '200': { description: 'OK', content: json({}) } } },
      },
    },
    components: {
      schemas: Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, schemaOf(schema)])),
      securitySchemes: { sharedSecret: { type: 'apiKey', in: 'header', name: SECRET_HEADER } },
    },
  };
}

interface OperationOptions {
  statuses: string[];
  parameters?: Json[];
  notModified?: boolean;
}

function operation(summary: string, schema: string, options: OperationOptions): Json {
  return {
    summary,
    security: [{ sharedSecret: [] }],
    parameters: [...(options.parameters ?? []), ...callerHeaders()],
    responses: {
      '200': { description: 'OK', content: json(reference(schema)) },
      ...(options.notModified ? { '304': { description: 'Unchanged since the ETag in If-None-Match' } } : {}),
      ...Object.fromEntries(
        options.statuses.map((status) => [
          status,
          { description: PROBLEMS[status], content: json(reference('ProblemAnswer')) },
        ]),
      ),
    },
  };
}

function open(summary: string, schemas: Record<string, string>): Json {
  return {
    summary,
    responses: Object.fromEntries(
      Object.entries(schemas).map(([status, schema]) => [
        status,
        { description: summary, content: json(reference(schema)) },
      ]),
    ),
  };
}

function callerHeaders(): Json[] {
  const header = (name: string, description: string, required: boolean): Json => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string' },
  });
  return [
    header(APPLICATION_HEADER, '<namespace>:<name>, exactly once', true),
    header(PROJECT_HEADER, 'The AppProject, exactly once', true),
    header(NAMESPACE_HEADER, 'Set by Argo CD: the namespace of its control plane', false),
  ];
}

function searchParameters(): Json[] {
  const schema = z.toJSONSchema(SearchQuery, { io: 'input' });
  return Object.entries(schema.properties ?? {}).map(([name, value]) => {
    const { description, ...rest } = typeof value === 'object' ? value : {};
    return { name, in: 'query', required: false, description, schema: rest };
  });
}

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'output' });
  return rest;
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function json(schema: Json): Json {
  return { 'application/json': { schema } };
}

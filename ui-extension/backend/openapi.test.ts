import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { call, headersWith, startTestBackend } from './testing/harness.ts';
import type { Answer, CallOptions, TestBackend } from './testing/harness.ts';
import { startJaegerStandIn } from './testing/jaeger-stand-in.ts';
import type { JaegerStandIn } from './testing/jaeger-stand-in.ts';
import { NOW_MS, TRACE, deliveryTrace } from './testing/spans.ts';

interface Operation {
  parameters?: { name: string; in: string; schema: object }[];
  responses: Record<string, { content?: { 'application/json': { schema: object } } }>;
}
interface Description {
  openapi: string;
  paths: Record<string, { get: Operation }>;
  components: { schemas: Record<string, object> };
}

let jaeger: JaegerStandIn;
let backend: TestBackend;
let description: Description;
const ajv = new Ajv2020({ allErrors: true });
const covered = new Set<string>();

beforeAll(async () => {
  jaeger = await startJaegerStandIn();
  jaeger.traces.set(TRACE, deliveryTrace('shop-dev', { count: 20 }));
  backend = await startTestBackend(
    {
      JAEGER_URL: jaeger.address,
      TRACE_LINK: 'https://jaeger.example.com/{traceId}',
      CACHE_BYTES: '0',
      MAX_TRACE_BYTES: '65536',
      TIMEOUT_SECONDS: '1',
    },
    () => NOW_MS,
  );
  description = JSON.parse((await call(backend.port, '/openapi.json', { headers: [] })).text);
  ajv.addVocabulary(['components']);
  ajv.addSchema({ $id: 'stageline', components: description.components });
});
afterEach(() => {
  jaeger.answer = undefined;
});
afterAll(async () => {
  await backend.stop();
  await jaeger.stop();
});

/** Calls a route and holds the answer to what the description says of its status. */
async function conforms(pattern: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const answer = await call(backend.port, path, options);
  const response = description.paths[pattern]?.get.responses[String(answer.status)];
  expect(response, `${pattern} ${answer.status}`).toBeDefined();
  covered.add(`${pattern} ${answer.status}`);
  const schema = response?.content?.['application/json'].schema;
  if (schema === undefined) {
    expect(answer.text).toBe('');
    return answer;
  }
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"stageline#/'));
  const fits = ajv.compile(absolute);
  expect(fits(JSON.parse(answer.text)), ajv.errorsText(fits.errors)).toBe(true);
  return answer;
}

describe('the description', () => {
  it('is OpenAPI 3.1 whose references all lead somewhere', () => {
    expect(description.openapi).toBe('3.1.0');
    const references = [...JSON.stringify(description).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
    const targets = new Set(references.map(([, name]) => name ?? ''));
    expect([...targets].sort()).toEqual(Object.keys(description.components.schemas).sort());
  });

  it('describes parameters that the routes take', async () => {
    const parameters = description.paths['/v1/traces']?.get.parameters ?? [];
    expect(parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)).toEqual([
      'limit',
      'hours',
      'name',
    ]);
    await conforms('/v1/traces', '/v1/traces?limit=1&hours=1&name=x');
  });

  it('is kept by every answer: found, unchanged, refused, missing', async () => {
    const trace = `/v1/traces/${TRACE}`;
    for (const [pattern, path] of [
      ['/v1/traces/{traceId}', trace],
      ['/v1/traces', '/v1/traces'],
      ['/v1/links', '/v1/links'],
    ] as const) {
      await conforms(pattern, path);
      await conforms(pattern, path, { headers: [] });
      await conforms(pattern, path, { headers: headersWith({ 'Argocd-Project-Name': undefined }) });
      await conforms(pattern, path, { method: 'PUT' });
    }
    const tag = (await call(backend.port, trace)).headers.etag ?? '';
    await conforms('/v1/traces/{traceId}', trace, { headers: headersWith({ 'If-None-Match': tag }) });
    await conforms('/v1/traces/{traceId}', `/v1/traces/${'9'.repeat(32)}`);
    for (const open of ['/healthz', '/readyz', '/openapi.json']) await conforms(open, open, { headers: [] });
  });

  it('is kept when the trace store fails, stalls or is overwhelmed', async () => {
    const both = async (): Promise<number[]> => {
      const answers = [
        await conforms('/v1/traces/{traceId}', `/v1/traces/${TRACE}`),
        await conforms('/v1/traces', '/v1/traces'),
      ];
      return answers.map(({ status }) => status);
    };
    jaeger.answer = (_, response) => void response.writeHead(200).end('<html>');
    expect(await both()).toEqual([502, 502]);
    jaeger.answer = (_, response) => void response.writeHead(200).end(' '.repeat(70_000));
    expect(await both()).toEqual([502, 502]);
    jaeger.answer = () => undefined;
    expect(await both()).toEqual([504, 504]);
  });

  it('is kept when too many ask at once, who are told when to come back', async () => {
    const full = Promise.withResolvers<void>();
    const held: (() => void)[] = [];
    jaeger.answer = (_, response) => {
      held.push(() => void response.end('{"result":{}}'));
      if (held.length === 4) full.resolve();
    };
    const running = Array.from({ length: 4 }, () => call(backend.port, '/v1/traces'));
    await full.promise;
    // Thirty-two wait; of thirty-four more, two are turned away whichever they are.
    const more = Array.from({ length: 34 }, () => conforms('/v1/traces', '/v1/traces'));
    const busy = await Promise.race(more);
    expect([busy.status, busy.headers['retry-after']]).toEqual([503, '1']);
    await conforms('/v1/traces/{traceId}', `/v1/traces/${TRACE}`);
    jaeger.answer = (_, response) => void response.end('{"result":{}}');
    for (const release of held) release();
    const statuses = (await Promise.all([...running, ...more])).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(36);
  });

  it('has no answer that was not seen here, but the 500 of a defect and the 503 of a shutdown', () => {
    const described = Object.entries(description.paths).flatMap(([pattern, { get }]) =>
      Object.keys(get.responses).map((status) => `${pattern} ${status}`),
    );
    expect(described.filter((answer) => !covered.has(answer))).toEqual([
      '/v1/traces/{traceId} 500',
      '/v1/traces 500',
      '/v1/links 500',
      '/readyz 503',
    ]);
  });
});

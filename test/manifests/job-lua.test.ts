/** The Lua that Argo CD is to run for Jobs, run by Lua 5.1, whose language gopher-lua speaks. */
import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { buildOverArgoCd, find, objects } from './kustomize.ts';

const lua = ['lua5.1', 'luajit'].find((program) => spawnSync(program, ['-v']).error === undefined);

const settings = find(
  objects(buildOverArgoCd({ components: ['argocd/job-health', 'argocd/job-actions'] })),
  'ConfigMap',
  'argocd-cm',
).data;
const health = settings?.['resource.customizations.health.batch_Job'] ?? '';
const Actions = z.object({
  'discovery.lua': z.string(),
  definitions: z.array(z.object({ name: z.string(), 'action.lua': z.string() })),
});
const actions = Actions.parse(parse(settings?.['resource.customizations.actions.batch_Job'] ?? ''));

/** Prints a table as JSON, keys in order; an empty table is `{}`. */
const PRINTER = `
local function print_json(value)
  if type(value) ~= "table" then
    return type(value) == "string" and string.format("%q", value):gsub("\\\\\\n", "\\\\n") or tostring(value)
  end
  local parts = {}
  if #value > 0 then
    for _, entry in ipairs(value) do table.insert(parts, (print_json(entry))) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  local keys = {}
  for key in pairs(value) do table.insert(keys, key) end
  table.sort(keys)
  for _, key in ipairs(keys) do table.insert(parts, string.format("%q", key) .. ":" .. print_json(value[key])) end
  return "{" .. table.concat(parts, ",") .. "}"
end`;

function literal(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(literal).join(',')}}`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, entry]) => `[${JSON.stringify(key)}]=${literal(entry)}`);
    return `{${fields.join(',')}}`;
  }
  return JSON.stringify(value);
}

function run(script: string, job: unknown): unknown {
  const program = `${PRINTER}\nobj = ${literal(job)}\nlocal function script()\n${script}\nend\nio.write((print_json(script())))`;
  return JSON.parse(execFileSync(lua ?? 'lua5.1', ['-'], { input: program, encoding: 'utf8' }));
}

const condition = (type: string, status: string, message = ''): Record<string, string> => ({
  type,
  status,
  message,
});
const job = (spec: object, ...conditions: object[]): object => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  spec,
  status: { conditions },
});

const CASES: [what: string, job: object, status: string, message?: string][] = [
  ['just made, without a status', { kind: 'Job', spec: {} }, 'Progressing'],
  ['with an empty status', { kind: 'Job', spec: {}, status: {} }, 'Progressing'],
  ['active', { kind: 'Job', spec: { suspend: false }, status: { active: 1, ready: 0 } }, 'Progressing'],
  ['made suspended, before the condition is there', { kind: 'Job', spec: { suspend: true } }, 'Suspended'],
  [
    'suspended',
    job({ suspend: true }, condition('Suspended', 'True', 'Job suspended')),
    'Suspended',
    'Job suspended',
  ],
  [
    'resumed, its condition not yet changed',
    job({ suspend: false }, condition('Suspended', 'True')),
    'Progressing',
  ],
  ['resumed', job({ suspend: false }, condition('Suspended', 'False', 'Job resumed')), 'Progressing'],
  [
    'resumed and complete',
    job(
      { suspend: false },
      condition('Suspended', 'False'),
      condition('Complete', 'True', 'Reached expected number'),
    ),
    'Healthy',
    'Reached expected number',
  ],
  [
    'resumed and failed',
    job({ suspend: false }, condition('Suspended', 'False'), condition('Failed', 'True', 'backoff limit')),
    'Degraded',
    'backoff limit',
  ],
  ['complete', job({}, condition('SuccessCriteriaMet', 'True'), condition('Complete', 'True')), 'Healthy'],
  [
    'about to fail',
    job({}, condition('FailureTarget', 'True', 'deadline')),
    'Progressing',
    'Failing: deadline',
  ],
  [
    'failed after its pods have ended',
    job({}, condition('FailureTarget', 'True'), condition('Failed', 'True', 'deadline')),
    'Degraded',
    'deadline',
  ],
];

test.skipIf(!lua).each(CASES)('a Job %s', (_what, object, status, message) => {
  expect(run(health, object)).toMatchObject({ status, ...(message === undefined ? {} : { message }) });
});

const DISCOVERED: [what: string, job: object, names: string[]][] = [
  ['suspended', job({ suspend: true }, condition('Suspended', 'True')), ['resume', 'terminate']],
  ['running', job({ suspend: false }), ['suspend', 'terminate']],
  ['without a status', { spec: {} }, ['suspend']],
  ['complete', job({}, condition('Complete', 'True')), []],
  ['failed', job({}, condition('Failed', 'True')), []],
  ['about to fail', job({}, condition('FailureTarget', 'True')), []],
];

test.skipIf(!lua).each(DISCOVERED)('the actions of a Job %s', (_what, object, names) => {
  expect(Object.keys(z.record(z.string(), z.unknown()).parse(run(actions['discovery.lua'], object)))).toEqual(
    names,
  );
});

function act(name: string, object: object): unknown {
  const script = actions.definitions.find((definition) => definition.name === name)?.['action.lua'];
  return run(script ?? 'error("no such action")', object);
}

test.skipIf(!lua)('resume and suspend change nothing but spec.suspend', () => {
  const suspended = job({ suspend: true, parallelism: 1 }, condition('Suspended', 'True'));
  expect(act('resume', suspended)).toEqual({ ...suspended, spec: { suspend: false, parallelism: 1 } });
  const running = job({ parallelism: 1 }, condition('Suspended', 'False'));
  expect(act('suspend', running)).toEqual({ ...running, spec: { suspend: true, parallelism: 1 } });
});

test.skipIf(!lua)('terminate asks for the Job to fail, once', () => {
  const running = { spec: {}, status: { active: 1 } };
  const asked = z
    .object({
      spec: z.unknown(),
      status: z.looseObject({ conditions: z.array(z.record(z.string(), z.string())) }),
    })
    .parse(act('terminate', running));
  expect(asked.status.conditions).toMatchObject([{ type: 'FailureTarget', status: 'True' }]);
  expect(asked.status.conditions[0]?.['lastTransitionTime']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const ended = job({ parallelism: 1 }, condition('Complete', 'True'));
  expect(act('terminate', ended)).toEqual(ended);
});

/** Every object against Kubernetes' published API: the models that its OpenAPI description generates. */
import * as models from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createObjectStore } from '../../sandbox/kube/index.ts';
import { build, buildOverArgoCd, objects, type Manifest } from './kustomize.ts';

const everything = [
  ...objects(
    buildOverArgoCd({
      resources: ['backend', 'hooks', 'due/stage'],
      components: [
        'argocd',
        'argocd/proxy',
        'argocd/tracing',
        'argocd/notifications',
        'argocd/job-actions',
        'backend/monitoring',
      ],
    }),
  ),
  ...objects(build('tracing')),
  ...objects(build('due')),
];

/** Of the Prometheus operator, whose schema Kubernetes does not publish. */
const FOREIGN = new Set(['ServiceMonitor']);

const Attributes = z.array(z.object({ baseName: z.string(), type: z.string() }));
const Model = z.custom<{ getAttributeTypeMap: () => unknown }>(
  (value) => typeof value === 'function' && 'getAttributeTypeMap' in value,
);
const all: Record<string, unknown> = { ...models };

const PRIMITIVES: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  IntOrString: (value) => typeof value === 'string' || typeof value === 'number',
  any: () => true,
};

/** What of a value is not as its type says: unknown fields and wrong types, each with its path. */
function problems(value: unknown, type: string, at: string): string[] {
  const primitive = PRIMITIVES[type];
  if (primitive) return primitive(value) ? [] : [`${at}: ${JSON.stringify(value)} is no ${type}`];
  const item = /^Array<(.+)>$/.exec(type)?.[1];
  if (item !== undefined) {
    if (!Array.isArray(value)) return [`${at}: is no list`];
    return value.flatMap((entry, index) => problems(entry, item, `${at}[${index}]`));
  }
  const entryType = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  const record = z.record(z.string(), z.unknown()).safeParse(value).data;
  if (record === undefined) return [`${at}: is no object`];
  if (entryType !== undefined) {
    return Object.entries(record).flatMap(([key, entry]) => problems(entry, entryType, `${at}.${key}`));
  }
  const model = Model.safeParse(all[type]).data;
  if (model === undefined) return [`${at}: the type ${type} is not known`];
  const attributes = new Map(
    Attributes.parse(model.getAttributeTypeMap()).map((attribute) => [attribute.baseName, attribute.type]),
  );
  return Object.entries(record).flatMap(([key, entry]) => {
    const known = attributes.get(key);
    return known === undefined ? [`${at}: has no field ${key}`] : problems(entry, known, `${at}.${key}`);
  });
}

function typeOf({ apiVersion, kind }: Manifest): string {
  return `${apiVersion.split('/').at(-1)?.replace(/^v/, 'V') ?? ''}${kind}`;
}

const named = everything.map((object) => ({ name: `${object.kind}/${object.metadata.name}`, object }));

test.each(named.filter(({ object }) => !FOREIGN.has(object.kind)))('$name is valid', ({ object }) => {
  expect(problems(object, typeOf(object), object.kind)).toEqual([]);
});

test('a misspelt field and a wrong type would be found', () => {
  const wrong = { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replica: 1, paused: 'no' } };
  expect(problems(wrong, 'V1Deployment', 'Deployment')).toEqual([
    'Deployment.spec: has no field replica',
    'Deployment.spec.paused: "no" is no boolean',
  ]);
});

test('the stand-in for the API server takes them all: volumes, selectors and names fit together', () => {
  const store = createObjectStore({ now: () => new Date() });
  for (const name of ['argocd', 'stageline-tracing']) {
    if (!everything.some(({ kind, metadata }) => kind === 'Namespace' && metadata.name === name)) {
      store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
  }
  const order = (kind: string): number => Number(kind !== 'Namespace');
  for (const object of everything.toSorted((a, b) => order(a.kind) - order(b.kind))) store.create(object);
  expect(store.list({ group: 'apps', kind: 'Deployment' }).length).toBe(5);
});

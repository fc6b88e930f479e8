import { beforeEach, describe, expect, it } from 'vitest';
import { lastAppliedAnnotation } from './apply.ts';
import { KubeApiError, statusOf } from './errors.ts';
import { valueAt } from './json.ts';
import { createObjectStore } from './store.ts';
import type { KubeObject, ObjectStore, OwnerReference, WatchEvent } from './types.ts';

let store: ObjectStore;

beforeEach(() => {
  store = createObjectStore({ now: () => new Date('2026-08-22T10:00:00.750Z') });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop-dev' } });
});

describe('writing objects', () => {
  it('gives a new object uid, version and time to the second, and none of the caller’s', () => {
    const made = store.create(
      configMap('a', { metadata: { uid: 'mine', creationTimestamp: '1999-01-01T00:00:00Z' } }),
    );
    expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(made.metadata.creationTimestamp).toBe('2026-08-22T10:00:00Z');
    expect(Number(made.metadata.resourceVersion)).toBeGreaterThan(0);
    expect(made.metadata.generation).toBeUndefined();
  });

  it('counts a change of spec in the generation, but not one of status or labels', () => {
    const made = store.create(deployment('web'));
    const labelled = store.update({ ...made, metadata: { ...made.metadata, labels: { team: 'a' } } });
    const status = store.updateStatus({ ...labelled, status: { replicas: 1 } });
    expect(status.metadata.generation).toBe(1);
    const scaled = store.update({ ...status, spec: { ...spec(status), replicas: 3 } });
    expect(scaled.metadata.generation).toBe(2);
    expect(scaled['status']).toEqual({ replicas: 1 });
  });

  it('leaves version and watchers alone when nothing changes', () => {
    const made = store.create(configMap('a'));
    const events = watch();
    expect(store.update(made).metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    expect(events).toEqual([]);
  });

  it('refuses a write from an old version in the API server’s words', () => {
    const first = store.create(configMap('a'));
    store.update({ ...first, data: { k: '2' } });
    expect(statusFrom(() => store.update({ ...first, data: { k: '3' } }))).toMatchObject({
      code: 409,
      reason: 'Conflict',
      details: { name: 'a', kind: 'configmaps' },
      message:
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    });
  });

  it('refuses a second object of one name, and one in a namespace that is not there', () => {
    store.create(job('j'));
    expect(statusFrom(() => store.create(job('j')))).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      message: 'jobs.batch "j" already exists',
      details: { name: 'j', group: 'batch', kind: 'jobs' },
    });
    const elsewhere = configMap('a', { metadata: { namespace: 'nowhere' } });
    expect(statusFrom(() => store.create(elsewhere))).toMatchObject({
      code: 404,
      message: 'namespaces "nowhere" not found',
    });
  });

  it('makes names from generateName that fit 63 characters', () => {
    const prefix = `${'x'.repeat(70)}-`;
    const made = store.create(configMap('', { metadata: { generateName: prefix } }));
    expect(made.metadata.name).toMatch(/^x{58}[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(made.metadata.generateName).toBe(prefix);
  });

  it('hands out copies: changing what was read changes nothing', () => {
    store.create(configMap('a'));
    const read = store.get({ group: '', kind: 'ConfigMap', namespace: 'shop-dev', name: 'a' });
    if (read !== undefined) read['data'] = { changed: 'yes' };
    expect(store.list({ group: '', kind: 'ConfigMap' })[0]?.['data']).toEqual({ k: 'v' });
  });

  it('selects by namespace and labels', () => {
    store.create(configMap('a', { metadata: { labels: { app: 'x' } } }));
    store.create(configMap('b', { metadata: { labels: { app: 'y' } } }));
    store.create(configMap('c', { metadata: { namespace: 'default', labels: { app: 'x' } } }));
    const found = store.list(
      { group: '', kind: 'ConfigMap' },
      { namespace: 'shop-dev', labels: { app: 'x' } },
    );
    expect(found.map((object) => object.metadata.name)).toEqual(['a']);
  });

  it('turns a Secret’s stringData into data', () => {
    const made = store.create({
      ...configMap('s'),
      kind: 'Secret',
      data: undefined,
      stringData: { token: 'abc' },
    });
    expect(made['data']).toEqual({ token: 'YWJj' });
    expect(made['type']).toBe('Opaque');
    expect(made['stringData']).toBeUndefined();
  });
});

describe('validation', () => {
  it('names the field and the rule of a bad name', () => {
    expect(statusFrom(() => store.create(configMap('Not_Good')))).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: expect.stringMatching(
        /^ConfigMap "Not_Good" is invalid: metadata\.name: Invalid value: "Not_Good": a lowercase RFC 1123 subdomain must consist of/,
      ),
      details: {
        name: 'Not_Good',
        kind: 'ConfigMap',
        causes: [{ reason: 'FieldValueInvalid', field: 'metadata.name' }],
      },
    });
  });

  it.each([
    ['a name of 254 characters', configMap('x'.repeat(254)), 'must be no more than 253 bytes'],
    [
      'a namespace of 64',
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x'.repeat(64) } },
      'must be no more than 63 bytes',
    ],
    [
      'a Job whose name does not fit its Pods’ label',
      job('x'.repeat(64)),
      'spec.template.labels: Invalid value',
    ],
    [
      'a label value of 64',
      configMap('a', { metadata: { labels: { commit: 'x'.repeat(64) } } }),
      'metadata.labels: Invalid value',
    ],
    [
      'a label value with a slash',
      configMap('a', { metadata: { labels: { app: 'a/b' } } }),
      'a valid label must be an empty string',
    ],
    [
      'annotations over 256 KiB',
      configMap('a', { metadata: { annotations: { big: 'x'.repeat(262_144) } } }),
      'metadata.annotations: Too long: may not be more than 262144 bytes',
    ],
    [
      'ConfigMap data over 1 MiB',
      configMap('a', { data: { big: 'x'.repeat(1_048_577) } }),
      '[]: Too long: may not be more than 1048576 bytes',
    ],
    [
      'a ConfigMap key with a space',
      configMap('a', { data: { 'a b': '' } }),
      'data[a b]: Invalid value: "a b": a valid config key',
    ],
    [
      'a Job that restarts always',
      job('j', { restartPolicy: 'Always' }),
      'spec.template.spec.restartPolicy: Unsupported value: "Always"',
    ],
    [
      'a Job without containers',
      job('j', { containers: [] }),
      'spec.template.spec.containers: Required value',
    ],
  ])('refuses %s', (_what, object: KubeObject, words) => {
    expect(statusFrom(() => store.create(object))).toMatchObject({
      code: 422,
      message: expect.stringContaining(words),
    });
  });

  it('takes exactly 1 MiB of ConfigMap data', () => {
    expect(store.create(configMap('a', { data: { big: 'x'.repeat(1_048_576) } })).metadata.uid).toBeDefined();
  });

  it('calls values of the wrong type a bad request', () => {
    expect(statusFrom(() => store.create(configMap('a', { data: { port: 80 } })))).toMatchObject({
      code: 400,
      message: expect.stringMatching(
        /^ConfigMap in version "v1" cannot be handled as a ConfigMap: data\.port: /,
      ),
    });
  });

  it('keeps a Job’s template as it was made, in update and in apply', () => {
    const made = store.apply(job('j')).object;
    const changed = job('j', { containers: [{ name: 'main', image: 'app:2' }] });
    const words = expect.stringMatching(
      /^Job\.batch "j" is invalid: spec\.template: Invalid value: .*: field is immutable$/,
    );
    expect(statusFrom(() => store.apply(changed))).toMatchObject({ code: 422, message: words });
    expect(
      statusFrom(() =>
        store.update({ ...made, spec: { ...spec(made), template: spec(changed)['template'] } }),
      ),
    ).toMatchObject({
      code: 422,
      message: words,
    });
    expect(store.update({ ...made, spec: { ...spec(made), suspend: true } }).metadata.generation).toBe(2);
  });

  it('lets a Deployment change anything but its selector', () => {
    store.apply(deployment('web'));
    expect(store.apply(deployment('web', { image: 'web:2' })).changed).toBe('configured');
    expect(statusFrom(() => store.apply(deployment('web', { app: 'other' })))).toMatchObject({
      message: expect.stringContaining(
        'spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable',
      ),
    });
  });
});

describe('apply', () => {
  it('creates with the last-applied annotation, then says unchanged', () => {
    const first = store.apply(configMap('a'));
    expect(first.changed).toBe('created');
    expect(JSON.parse(first.object.metadata.annotations?.[lastAppliedAnnotation] ?? '')).toMatchObject({
      data: { k: 'v' },
    });
    const second = store.apply(configMap('a'));
    expect(second.changed).toBe('unchanged');
    expect(second.object.metadata.resourceVersion).toBe(first.object.metadata.resourceVersion);
  });

  it('removes what it applied before and keeps what others wrote', () => {
    store.apply(configMap('a', { data: { mine: '1', gone: '1' } }));
    const live = store.get({ group: '', kind: 'ConfigMap', namespace: 'shop-dev', name: 'a' });
    if (live === undefined) throw new Error('not created');
    store.update({ ...live, data: { mine: '1', gone: '1', others: '1' } });
    const result = store.apply(configMap('a', { data: { mine: '2' } }));
    expect(result.changed).toBe('configured');
    expect(result.object['data']).toEqual({ mine: '2', others: '1' });
  });

  it('merges containers by name, so that defaults and injected containers stay', () => {
    const made = store.apply(deployment('web')).object;
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          { name: 'web', image: 'web:1' },
          { name: 'proxy', image: 'p:1' },
        ],
      },
    };
    store.update({ ...made, spec: { ...spec(made), template } });
    const result = store.apply(deployment('web', { image: 'web:2' })).object;
    expect(valueAt(result, ['spec', 'template', 'spec', 'containers'])).toEqual([
      { name: 'web', image: 'web:2' },
      { name: 'proxy', image: 'p:1' },
    ]);
    expect(spec(result)['replicas']).toBe(1);
  });

  it('replaces lists of custom kinds whole', () => {
    const custom = (names: string[]): KubeObject => ({
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      metadata: { name: 't', namespace: 'shop-dev' },
      spec: { env: names.map((name) => ({ name })) },
    });
    store.apply(custom(['a', 'b']));
    const live = store.apply(custom(['c'])).object;
    expect(spec(live)['env']).toEqual([{ name: 'c' }]);
  });
});

describe('deleting', () => {
  it('keeps an object with finalizers until the last one is gone', () => {
    const made = store.create(configMap('a', { metadata: { finalizers: ['x/y'] } }));
    store.delete(ref('a'));
    const leaving = store.get(ref('a'));
    expect(leaving?.metadata.deletionTimestamp).toBe('2026-08-22T10:00:00Z');
    expect(
      statusFrom(() =>
        store.update({
          ...made,
          metadata: { ...made.metadata, resourceVersion: '', finalizers: ['x/y', 'z/z'] },
        }),
      ),
    ).toMatchObject({
      code: 422,
      message: expect.stringContaining('no new finalizers can be added if the object is being deleted'),
    });
    if (leaving !== undefined)
      store.update({ ...leaving, metadata: { ...leaving.metadata, finalizers: [] } });
    expect(store.get(ref('a'))).toBeUndefined();
  });

  it('collects dependants with their owner, to any depth', () => {
    const top = store.create(configMap('top'));
    const middle = store.create(configMap('middle', { metadata: { ownerReferences: [owner(top)] } }));
    store.create(configMap('leaf', { metadata: { ownerReferences: [owner(middle)] } }));
    store.delete(ref('top'));
    expect(names()).toEqual([]);
  });

  it('keeps a dependant while one of its owners lives, and drops the other reference', () => {
    const one = store.create(configMap('one'));
    const two = store.create(configMap('two'));
    store.create(configMap('both', { metadata: { ownerReferences: [owner(one), owner(two)] } }));
    store.delete(ref('one'));
    expect(store.get(ref('both'))?.metadata.ownerReferences?.map(({ name }) => name)).toEqual(['two']);
  });

  it.each([
    ['an unknown uid', { uid: 'gone' }],
    ['another kind', { kind: 'Secret' }],
  ])('collects an object whose owner has %s', (_what, change) => {
    const one = store.create(configMap('one'));
    const made = store.create(
      configMap('child', { metadata: { ownerReferences: [{ ...owner(one), ...change }] } }),
    );
    expect(made.metadata.uid).toBeDefined();
    expect(names()).toEqual(['one']);
  });

  it('does not take an owner across namespaces', () => {
    const one = store.create(configMap('one', { metadata: { namespace: 'default' } }));
    store.create(configMap('child', { metadata: { ownerReferences: [owner(one)] } }));
    expect(names()).toEqual([]);
  });

  it('orphans on demand', () => {
    const one = store.create(configMap('one'));
    store.create(configMap('child', { metadata: { ownerReferences: [owner(one)] } }));
    store.delete(ref('one'), { propagationPolicy: 'Orphan' });
    expect(store.get(ref('child'))?.metadata.ownerReferences).toBeUndefined();
  });

  it('waits in the foreground for dependants that block', () => {
    const one = store.create(configMap('one'));
    const child = configMap('child', {
      metadata: { finalizers: ['x/y'], ownerReferences: [{ ...owner(one), blockOwnerDeletion: true }] },
    });
    store.create(child);
    store.delete(ref('one'), { propagationPolicy: 'Foreground' });
    expect(store.get(ref('one'))?.metadata.finalizers).toEqual(['foregroundDeletion']);
    const leaving = store.get(ref('child'));
    if (leaving !== undefined)
      store.update({ ...leaving, metadata: { ...leaving.metadata, finalizers: [] } });
    expect(names()).toEqual([]);
  });

  it('does not wait in the foreground for dependants that do not block', () => {
    const one = store.create(configMap('one'));
    store.create(configMap('child', { metadata: { finalizers: ['x/y'], ownerReferences: [owner(one)] } }));
    store.delete(ref('one'), { propagationPolicy: 'Foreground' });
    expect(names()).toEqual(['child']);
  });

  it('holds preconditions', () => {
    const made = store.create(configMap('a'));
    expect(statusFrom(() => store.delete(ref('a'), { preconditions: { uid: 'other' } }))).toMatchObject({
      code: 409,
      message: `Operation cannot be fulfilled on configmaps "a": Precondition failed: UID in precondition: other, UID in object meta: ${made.metadata.uid}`,
    });
  });

  it('empties a namespace before it goes', () => {
    store.create(configMap('held', { metadata: { finalizers: ['x/y'] } }));
    store.create(configMap('free'));
    store.delete({ group: '', kind: 'Namespace', name: 'shop-dev' });
    expect(names()).toEqual(['held']);
    expect(statusFrom(() => store.create(configMap('late')))).toMatchObject({
      code: 403,
      message:
        'configmaps "late" is forbidden: unable to create new content in namespace shop-dev because it is being terminated',
    });
    const held = store.get(ref('held'));
    if (held !== undefined) store.update({ ...held, metadata: { ...held.metadata, finalizers: [] } });
    expect(store.get({ group: '', kind: 'Namespace', name: 'shop-dev' })).toBeUndefined();
  });
});

describe('watching', () => {
  it('tells every change once, in order, with the version of the change', () => {
    const events = watch();
    const made = store.create(configMap('a'));
    store.update({ ...made, data: { k: '2' } });
    store.delete(ref('a'));
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(new Set(versions).size).toBe(3);
  });

  it('keeps the order for everyone when a listener writes', () => {
    store.watch(({ type, object }) => {
      if (type === 'ADDED' && object.metadata.name === 'a') store.create(configMap('b'));
    });
    const events = watch();
    store.create(configMap('a'));
    expect(events.map(({ object }) => object.metadata.name)).toEqual(['a', 'b']);
  });

  it('stops when told', () => {
    const events: WatchEvent[] = [];
    const stop = store.watch((event) => events.push(event));
    stop();
    store.create(configMap('a'));
    expect(events).toEqual([]);
  });
});

function configMap(name: string, change: { metadata?: object; data?: object } = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'shop-dev', ...change.metadata },
    data: change.data ?? { k: 'v' },
  };
}

function job(name: string, change: object = {}): KubeObject {
  const pod = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'app:1' }], ...change };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'shop-dev' },
    spec: { template: { spec: pod } },
  };
}

function deployment(name: string, change: { image?: string; app?: string } = {}): KubeObject {
  const labels = { app: change.app ?? 'web' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop-dev' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image: change.image ?? 'web:1' }] },
      },
    },
  };
}

function owner(object: KubeObject): OwnerReference {
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name: object.metadata.name,
    uid: object.metadata.uid ?? '',
  };
}

function ref(name: string): { group: string; kind: string; namespace: string; name: string } {
  return { group: '', kind: 'ConfigMap', namespace: 'shop-dev', name };
}

function names(): string[] {
  return store
    .list({ group: '', kind: 'ConfigMap' }, { namespace: 'shop-dev' })
    .map((object) => object.metadata.name);
}

function watch(): WatchEvent[] {
  const events: WatchEvent[] = [];
  store.watch((event) => events.push(event));
  return events;
}

function spec(object: KubeObject): Record<string, unknown> {
  const value = object['spec'];
  if (typeof value !== 'object' || value === null) throw new Error('the object has no spec');
  return { ...value };
}

function statusFrom(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (error instanceof KubeApiError) return statusOf(error);
    throw error;
  }
  throw new Error('nothing was refused');
}

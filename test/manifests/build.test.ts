import { expect, test } from 'vitest';
import {
  build,
  buildOverArgoCd,
  find,
  kustomizations,
  objects,
  podSpec,
  type Manifest,
} from './kustomize.ts';

const LINE_LIMIT = 400;
/** What a component needs beside Argo CD. */
const RESOURCES: Record<string, string[]> = { 'backend/monitoring': ['backend'] };
const ALSO: Record<string, string[]> = { 'argocd/tracing': ['argocd/repo-server'] };

const bases = kustomizations().filter(({ kind }) => kind === 'Kustomization');
const components = kustomizations().filter(({ kind }) => kind === 'Component');

test.each(bases)('manifests/$folder builds', ({ folder }) => {
  expect(objects(build(folder)).length).toBeGreaterThan(0);
});

test.each(components)('the component manifests/$folder builds over Argo CD', ({ folder }) => {
  const overlay = {
    components: [...(ALSO[folder] ?? []), folder],
    resources: RESOURCES[folder] ?? [],
  };
  expect(buildOverArgoCd(overlay)).not.toBe(buildOverArgoCd({ ...overlay, components: [] }));
});

test.each(['server-side/install', 'server-side/install-with-backend'])(
  '%s stays under 400 lines',
  (folder) => {
    expect(build(folder).trimEnd().split('\n').length).toBeLessThan(LINE_LIMIT);
  },
);

test('a component without Argo CD beside it fails, and names what it misses', () => {
  const overlay = { components: ['argocd'], withoutArgoCd: true };
  expect(() => buildOverArgoCd(overlay)).toThrow(/no matches for Id Deployment.*argocd-repo-server/);
});

test('patches add to what Argo CD has, and take nothing away', () => {
  const before = objects(buildOverArgoCd({ components: [] }));
  const after = objects(
    buildOverArgoCd({
      components: ['argocd', 'argocd/proxy', 'argocd/tracing', 'argocd/notifications', 'argocd/job-actions'],
    }),
  );
  for (const object of before) {
    const patched = find(after, object.kind, object.metadata.name);
    if (object.kind === 'Deployment') expectKept(object, patched);
    else expect(patched).toMatchObject(object);
  }
});

/** Lists of containers, volumes and mounts may grow. */
function expectKept(object: Manifest, after: Manifest): void {
  const [old, patched] = [podSpec(object), podSpec(after)];
  for (const list of ['containers', 'initContainers', 'volumes'] as const) {
    for (const entry of old[list] ?? []) {
      const now = patched[list]?.find(({ name }) => name === entry.name);
      const { volumeMounts, ...rest } = { volumeMounts: undefined, ...entry };
      expect(now).toMatchObject(rest);
      if (Array.isArray(volumeMounts))
        expect(now?.['volumeMounts']).toEqual(expect.arrayContaining(volumeMounts));
    }
  }
}

test('the install for a running Argo CD names only what it adds', () => {
  const installed = objects(build('server-side/install'));
  const [repoServer, server] = ['argocd-repo-server', 'argocd-server'].map((name) =>
    podSpec(find(installed, 'Deployment', name)),
  );
  expect(repoServer?.containers.map(({ name }) => name)).toEqual(['stageline']);
  expect(server?.containers).toEqual([
    { name: 'argocd-server', volumeMounts: [{ name: 'extensions', mountPath: '/tmp/extensions/' }] },
  ]);
  expect(Object.keys(find(installed, 'ConfigMap', 'argocd-cm').data ?? {})).toEqual([
    'resource.customizations.health.batch_Job',
  ]);
});

test('the removal names the same objects of Argo CD as the installs, and no field of them', () => {
  const key = ({ kind, metadata }: { kind: string; metadata: { name: string } }): string =>
    `${kind}/${metadata.name}`;
  const installed = objects(build('server-side/install-with-backend')).map(key);
  const removed = objects(build('server-side/remove'));
  const argoOwn = installed.filter((name) => name.includes('/argocd-'));
  expect(removed.map(key).toSorted()).toEqual(argoOwn.toSorted());
  for (const object of removed) {
    expect(Object.keys(object).toSorted()).toEqual(['apiVersion', 'kind', 'metadata']);
  }
});

test('hooks in a namespace get a RoleBinding to the ServiceAccount there', () => {
  const rights = objects(buildOverArgoCd({ components: [], resources: ['hooks'] }));
  const binding = find(rights, 'RoleBinding', 'stageline');
  expect(binding['subjects']).toEqual([{ kind: 'ServiceAccount', name: 'stageline', namespace: 'argocd' }]);
});

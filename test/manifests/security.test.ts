/** What every container that we bring looks like: no privileges, bounds, an image that does not change by itself. */
import { expect, test } from 'vitest';
import { build, buildOverArgoCd, objects, podSpec, type Container, type Manifest } from './kustomize.ts';

const OURS = /^(stageline|stageline-tab|backend|collector|jaeger|due)$/;

const everything = [
  ...objects(
    buildOverArgoCd({
      resources: ['backend'],
      components: ['argocd', 'argocd/proxy', 'argocd/tracing', 'backend/monitoring'],
    }),
  ),
  ...objects(build('tracing')),
  ...objects(build('due')),
];
const fromImage = objects(buildOverArgoCd({ components: ['argocd/repo-server', 'argocd/tab-from-image'] }));

interface Place {
  place: string;
  container: Container;
  pod: ReturnType<typeof podSpec>;
}

function containersOf(list: readonly Manifest[]): Place[] {
  return list
    .filter(({ kind }) => kind === 'Deployment' || kind === 'CronJob')
    .flatMap((object) => {
      const pod = podSpec(object);
      return [...(pod.initContainers ?? []), ...pod.containers]
        .filter(({ name }) => OURS.test(name))
        .map((container) => ({ place: `${object.metadata.name}/${container.name}`, container, pod }));
    });
}

const containers = [...containersOf(everything), ...containersOf(fromImage)];

test('there is every container that we know of', () => {
  expect(containers.map(({ place }) => place).toSorted()).toEqual([
    'argocd-repo-server/stageline',
    'argocd-repo-server/stageline',
    'argocd-server/stageline-tab',
    'argocd-server/stageline-tab',
    'stageline-backend/backend',
    'stageline-collector/collector',
    'stageline-due/due',
    'stageline-jaeger/jaeger',
  ]);
});

test.each(containers)('$place has no privileges', ({ container, pod }) => {
  expect({ ...pod.securityContext, ...container.securityContext }).toMatchObject({
    runAsNonRoot: true,
    runAsUser: expect.any(Number),
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  });
});

test.each(containers)('$place has requests and a memory limit', ({ container }) => {
  expect(container.resources).toMatchObject({
    requests: { cpu: expect.any(String), memory: expect.any(String) },
    limits: { memory: expect.any(String) },
  });
});

test.each(containers)('$place has an image of a fixed version', ({ container }) => {
  expect(container.image).toMatch(/^[\w.-]+(\/[\w.-]+)+:v?\d+\.\d+\.\d+(-[\w.]+)?(@sha256:[0-9a-f]{64})?$/);
});

test('images of others carry a digest, except the installer, whose releases publish none that could be looked up', () => {
  const foreign = containers
    .map(({ container }) => container.image ?? '')
    .filter(
      (image) => !image.startsWith('ghcr.io/stageline/') && !image.includes('argocd-extension-installer'),
    );
  expect(foreign.length).toBeGreaterThan(0);
  for (const image of foreign) expect(image).toMatch(/@sha256:[0-9a-f]{64}$/);
});

test('our own pods get no token of the Kubernetes API', () => {
  const pods = everything
    .filter(({ kind, metadata }) => kind === 'Deployment' && metadata.name.startsWith('stageline-'))
    .map(podSpec);
  expect(pods.length).toBe(3);
  for (const pod of pods) expect(pod['automountServiceAccountToken']).toBe(false);
});

test('no Secret is in the manifests, only references', () => {
  expect(everything.filter(({ kind }) => kind === 'Secret')).toEqual([]);
});

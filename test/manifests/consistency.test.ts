/** The manifests against the programs that they start: ports, settings, Secrets, files and addresses. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { staticAnnouncements } from '../../cmp/announce.ts';
import { readSettings } from '../../cmp/settings.ts';
import { GIT_SECRET_ENV } from '../../core/promotion/secret-env.ts';
import { parseSettings, SETTING_DEFAULTS } from '../../ui-extension/backend/settings.ts';
import { build, buildOverArgoCd, find, objects, podSpec, root, type Container } from './kustomize.ts';

const argo = objects(
  buildOverArgoCd({
    resources: ['backend'],
    components: ['argocd', 'argocd/proxy', 'argocd/tracing', 'backend/monitoring'],
  }),
);
const tracing = objects(build('tracing'));
const backend = podSpec(find(argo, 'Deployment', 'stageline-backend'));
const backendContainer = only(backend.containers);
const sidecar = only(
  podSpec(find(argo, 'Deployment', 'argocd-repo-server')).containers.filter(
    ({ name }) => name === 'stageline',
  ),
);
const due = only(podSpec(find(objects(build('due')), 'CronJob', 'stageline-due')).containers);
const dockerfile = readFileSync(path.join(root, 'Dockerfile'), 'utf8');

function only(list: readonly Container[]): Container {
  const [first] = list;
  if (!first || list.length !== 1) throw new Error(`${list.length} containers`);
  return first;
}

const Service = z.looseObject({
  spec: z.looseObject({ ports: z.array(z.looseObject({ name: z.string(), port: z.number() })) }),
});
const portsOf = (list: typeof argo, name: string): Record<string, number> =>
  Object.fromEntries(
    Service.parse(find(list, 'Service', name)).spec.ports.map(({ name: port, port: number }) => [
      port,
      number,
    ]),
  );

test('the backend listens where its ports, its Service, its probes and its policy say', () => {
  const listens = { http: Number(SETTING_DEFAULTS.LISTEN), metrics: Number(SETTING_DEFAULTS.METRICS_LISTEN) };
  expect(
    Object.fromEntries((backendContainer.ports ?? []).map((port) => [port.name, port.containerPort])),
  ).toEqual(listens);
  expect(portsOf(argo, 'stageline-backend')).toEqual(listens);
  const policy = JSON.stringify(find(argo, 'NetworkPolicy', 'stageline-backend')['spec']);
  expect([...policy.matchAll(/"port":(\d+)/g)].map((match) => Number(match[1]))).toEqual(
    expect.arrayContaining(Object.values(listens)),
  );
  for (const [probe, route] of [
    ['readinessProbe', '/readyz'],
    ['livenessProbe', '/healthz'],
  ] as const) {
    expect(backendContainer[probe]).toMatchObject({ httpGet: { path: route, port: 'http' } });
  }
});

test('the backend starts with the settings that it is given', () => {
  const given = (backendContainer.env ?? []).map(({ name, value }) => [name, value ?? 'argocd']);
  const shared = find(argo, 'ConfigMap', 'stageline-backend').data;
  const read: string[] = [];
  const settings = parseSettings({ ...Object.fromEntries(given), ...shared }, (file) => {
    read.push(file);
    return 'a-secret-of-many-letters';
  });
  expect(settings.controlPlaneNamespace).toBe('argocd');
  expect(settings.jaeger).toBe('http://stageline-jaeger.stageline-tracing.svc:16686');
  const mounts = backendContainer.volumeMounts?.map(({ mountPath }) => `${mountPath}/secret`);
  expect(read).toEqual(mounts);
  expect(backend['terminationGracePeriodSeconds']).toBeGreaterThan(settings.shutdownMs / 1000);
});

test('the backend’s memory is bounded as its page advises', () => {
  const page = readFileSync(path.join(root, 'docs/backend.md'), 'utf8');
  const flags = (backendContainer.command ?? []).filter((word) => word.startsWith('--'));
  expect(flags.length).toBe(2);
  for (const flag of flags) expect(page).toContain(flag);
  const limit = backendContainer.resources?.['limits']?.['memory'] ?? '';
  expect(page).toContain(`limit of ${limit.replace('Mi', ' MiB')}`);
});

test('Argo CD sends the secret that the backend mounts, to the Service that is there', () => {
  const text = find(argo, 'ConfigMap', 'argocd-cm').data?.['extension.config.stageline'] ?? '';
  const port = portsOf(argo, 'stageline-backend')['http'];
  const secret = z
    .looseObject({
      secret: z.object({ secretName: z.string(), items: z.array(z.looseObject({ key: z.string() })) }),
    })
    .loose()
    .parse(backend.volumes?.find(({ name }) => name === 'secret')).secret;
  expect(parse(text)).toEqual({
    services: [
      {
        url: `http://stageline-backend.argocd:${port}`,
        headers: [
          { name: 'X-Stageline-Secret', value: `$${secret['secretName']}:${secret['items'][0]?.key}` },
        ],
      },
    ],
  });
});

test('every file that a container starts is in the image', () => {
  const plugin = find(argo, 'ConfigMap', 'stageline-plugin').data?.['plugin.yaml'] ?? '';
  const started = [
    ...[plugin, ...(backendContainer.command ?? []), ...(due.command ?? [])]
      .join(' ')
      .matchAll(/\/app\/([\w.-]+)/g),
  ];
  expect(new Set(started.map((match) => match[1]))).toEqual(
    new Set(['generate.sh', 'cmp.cjs', 'backend.cjs', 'stageline.cjs']),
  );
  expect(dockerfile).toMatch(/COPY --from=bundles \/src\/dist\/\*\.cjs .*\/app\/$/m);
  expect(dockerfile).toMatch(/^COPY .*cmp\/generate\.sh \/app\/$/m);
  const webpack = readFileSync(path.join(root, 'webpack.config.mjs'), 'utf8');
  for (const bundle of ['cmp', 'hooks', 'backend', 'stageline']) {
    expect(webpack).toContain(`nodeBundle('${bundle}'`);
    expect(dockerfile).toMatch(new RegExp(`STAGELINE_BUILD_ONLY=[\\w,]*${bundle}`));
  }
});

test('what does what is due gets of its Secret what a promotion’s Job gets of its own', () => {
  const given = (due.env ?? []).flatMap(({ name, ...rest }) => {
    const { secretKeyRef } = z
      .looseObject({
        secretKeyRef: z
          .strictObject({ name: z.string(), key: z.string(), optional: z.literal(true) })
          .optional(),
      })
      .parse(rest['valueFrom']);
    return secretKeyRef === undefined ? [] : [[name, secretKeyRef.key]];
  });
  expect(given).toEqual(GIT_SECRET_ENV);
});

test('one image runs plugin, hooks, backend and what is due, and names itself as the image of hooks', () => {
  expect(backendContainer.image).toBe(sidecar.image);
  expect(due.image).toBe(sidecar.image);
  expect(dockerfile).toContain(`ARG IMAGE=${sidecar.image}\n`);
  expect(dockerfile).toContain('STAGELINE_HOOK_IMAGE=${IMAGE}');
  const version = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))).version;
  expect(sidecar.image).toMatch(new RegExp(`:v${version.replaceAll('.', '\\.')}$`));
  const installer = readFileSync(path.join(root, 'manifests/argocd/tab/installer.yaml'), 'utf8');
  expect(installer.match(/download\/v[\d.]+/g)).toEqual([`download/v${version}`, `download/v${version}`]);
});

test('the sidecar meets repo-server on its socket and its file system', () => {
  const mounts = Object.fromEntries(
    (sidecar.volumeMounts ?? []).map(({ name, mountPath }) => [name, mountPath]),
  );
  expect(mounts).toMatchObject({
    'var-files': '/var/run/argocd',
    plugins: '/home/argocd/cmp-server/plugins',
    'stageline-plugin': '/home/argocd/cmp-server/config/plugin.yaml',
    'stageline-tmp': '/tmp',
  });
  expect(sidecar.securityContext).toMatchObject({ runAsUser: 999 });
  expect(dockerfile).toMatch(/^USER 999:999$/m);
});

test('the plugin reads the settings that the sidecar is given', () => {
  const env = Object.fromEntries((sidecar.env ?? []).map(({ name, value }) => [name, value]));
  expect(readSettings(env).hookEnv).toEqual({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://stageline-collector.stageline-tracing.svc:4318',
  });
});

test('the addresses of the tracing component are Services with those ports', () => {
  expect(portsOf(tracing, 'stageline-collector')['otlp-http']).toBe(4318);
  expect(portsOf(tracing, 'stageline-jaeger')).toMatchObject({ query: 16686, 'otlp-grpc': 4317 });
  for (const { kind, metadata } of tracing) {
    if (kind !== 'Namespace') expect(metadata.namespace).toBe('stageline-tracing');
  }
  const policy = JSON.stringify(find(argo, 'NetworkPolicy', 'stageline-backend')['spec']);
  expect(policy).toContain('16686');
});

test('the collector and Jaeger listen on the ports of their containers', () => {
  for (const name of ['stageline-collector', 'stageline-jaeger']) {
    const container = only(podSpec(find(tracing, 'Deployment', name)).containers);
    const config = tracing.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith(name),
    );
    for (const { containerPort } of container.ports ?? []) {
      expect(config?.data?.['config.yaml']).toContain(`0.0.0.0:${containerPort}`);
    }
  }
});

test('plugin.yaml announces every parameter as the plugin knows it, and discovers nothing', () => {
  const text = find(argo, 'ConfigMap', 'stageline-plugin').data?.['plugin.yaml'] ?? '';
  const Plugin = z.looseObject({
    metadata: z.looseObject({ name: z.literal('stageline') }),
    spec: z.looseObject({
      discover: z.never().optional(),
      parameters: z.looseObject({
        static: z.array(
          z.strictObject({
            name: z.string(),
            title: z.string(),
            tooltip: z.string(),
            itemType: z.string().default('string'),
            collectionType: z.string().default('string'),
          }),
        ),
      }),
    }),
  });
  const announced = Plugin.parse(parse(text)).spec.parameters.static;
  expect(announced.map((one) => ({ ...one, required: false }))).toEqual(staticAnnouncements());
});

test('the notifications look for the names that hook Jobs really have', async () => {
  const { hookJobPrefix } = await import('../../core/names.ts');
  const cm = readFileSync(
    path.join(root, 'manifests/argocd/notifications/argocd-notifications-cm.yaml'),
    'utf8',
  );
  expect(cm).toContain("startsWith 'sl-'");
  const pattern = /matches '([^']+)'/.exec(cm)?.[1] ?? '';
  expect(`${hookJobPrefix('shop-dev', 'promote')}abc1234-postsync-1`).toMatch(new RegExp(pattern));
  expect(`${hookJobPrefix('shop-dev', 'post')}abc1234-postsync-1`).not.toMatch(new RegExp(pattern));
  expect(hookJobPrefix('x', 'pre')).toMatch(/^sl-/);
});

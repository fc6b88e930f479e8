/** The example repository holds together: charts, pipeline file, Applications and programs name the same things. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createServer, request as forward, type Server } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { findStage } from '../../core/pipeline/find-stage.ts';
import { parsePipeline } from '../../core/pipeline/parse.ts';
import type { Check, Stage } from '../../core/pipeline/schema.ts';
import { meetsTarget, parseTarget } from '../../core/target.ts';

const HERE = import.meta.dirname;
const read = (path: string): string => readFileSync(join(HERE, path), 'utf8');
const PIPELINE_TEXT = read('stageline.yaml');
const { pipeline } = parsePipeline(PIPELINE_TEXT, 'stageline.yaml');

const Manifest = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.record(z.string(), z.unknown()).optional(),
});
type Manifest = z.output<typeof Manifest>;

const Application = Manifest.extend({
  spec: z.looseObject({
    source: z.looseObject({ path: z.string(), plugin: z.looseObject({ name: z.string() }) }),
    destination: z.looseObject({ namespace: z.string() }),
  }),
});

const Deployment = Manifest.extend({
  spec: z.looseObject({
    replicas: z.int(),
    selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        containers: z.array(
          z.looseObject({
            image: z.string(),
            env: z.array(z.looseObject({ name: z.string(), value: z.string() })),
            resources: z.looseObject({ limits: z.record(z.string(), z.string()) }),
          }),
        ),
      }),
    }),
  }),
});

function manifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => Manifest.parse(document.toJS()));
}

const applications = manifests(read('argocd/applications.yaml')).map((raw) => Application.parse(raw));

const LOCAL_HELM = join(HERE, '../../node_modules/.cache/stageline/bin/helm');
const HELM = existsSync(LOCAL_HELM) ? LOCAL_HELM : 'helm';

async function render(stage: 'dev' | 'prod', settings: string[] = []): Promise<Manifest[]> {
  const args = ['template', `shop-${stage}`, join(HERE, 'charts', stage), '--namespace', `shop-${stage}`];
  const { stdout } = await promisify(execFile)(HELM, [...args, ...settings]);
  return manifests(stdout);
}

function deployments(rendered: Manifest[]): z.output<typeof Deployment>[] {
  return rendered.filter(({ kind }) => kind === 'Deployment').map((raw) => Deployment.parse(raw));
}

describe('the charts', () => {
  const rendered: Record<'dev' | 'prod', Manifest[]> = { dev: [], prod: [] };
  beforeAll(async () => {
    rendered.dev = await render('dev');
    rendered.prod = await render('prod');
  });

  test.each(['dev', 'prod'] as const)('%s renders a Deployment and a Service for each workload', (stage) => {
    const names = rendered[stage].map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort();
    expect(names).toEqual([
      'Deployment/backend',
      'Deployment/frontend',
      'Service/backend',
      'Service/frontend',
    ]);
  });

  test.each(['dev', 'prod'] as const)('%s starts on v1 and tells its workloads apart by labels', (stage) => {
    for (const { metadata, spec } of deployments(rendered[stage])) {
      expect(spec.template.spec.containers[0]?.image).toBe(`ghcr.io/example/shop-${metadata.name}:v1`);
      const labels = {
        'app.kubernetes.io/name': metadata.name,
        'app.kubernetes.io/part-of': 'shop',
        'app.kubernetes.io/version': 'v1',
      };
      expect(metadata.labels).toEqual(labels);
      expect(spec.template.metadata.labels).toEqual(labels);
      // A selector can never be changed, so a version must not be part of it.
      expect(spec.selector.matchLabels).not.toHaveProperty('app.kubernetes.io/version');
    }
  });

  test('prod keeps its own replicas and limits', () => {
    const [dev, prod] = [deployments(rendered.dev), deployments(rendered.prod)];
    expect(dev.map(({ spec }) => spec.replicas)).toEqual([1, 1]);
    expect(prod.map(({ spec }) => spec.replicas)).toEqual([2, 2]);
    const limits = (side: typeof dev): unknown =>
      side[0]?.spec.template.spec.containers[0]?.resources.limits['memory'];
    expect(limits(prod)).not.toEqual(limits(dev));
  });

  test('the two charts differ in their values only', () => {
    for (const file of readdirSync(join(HERE, 'charts/dev/templates'))) {
      expect(read(`charts/prod/templates/${file}`)).toBe(read(`charts/dev/templates/${file}`));
    }
  });

  test('a frontend calls the backend of its own namespace', () => {
    for (const stage of ['dev', 'prod'] as const) {
      const env = deployments(rendered[stage]).find(({ metadata }) => metadata.name === 'frontend')?.spec
        .template.spec.containers[0]?.env;
      expect(env).toContainEqual({ name: 'BACKEND_URL', value: `http://backend.shop-${stage}.svc` });
    }
  });

  test('what is promoted is what decides the images', async () => {
    const keys = pipeline.moves.flatMap((move) => move.helmValues?.keys ?? []);
    const changed = deployments(
      await render(
        'prod',
        keys.flatMap((key) => ['--set', `${key}=v2`]),
      ),
    );
    expect(changed.map(({ spec }) => spec.template.spec.containers[0]?.image)).toEqual([
      'ghcr.io/example/shop-backend:v2',
      'ghcr.io/example/shop-frontend:v2',
    ]);
  });

  test('a missing tag stops the render', async () => {
    await expect(render('dev', ['--set', 'frontend.tag=null'])).rejects.toThrow('frontend.tag is missing');
  });
});

describe('stageline.yaml', () => {
  test('is under 60 lines', () => {
    expect(PIPELINE_TEXT.trimEnd().split('\n').length).toBeLessThan(60);
  });

  test.each(applications)('$metadata.name finds its stage by name and by path', ({ metadata, spec }) => {
    const byName = findStage(pipeline, 'stageline.yaml', { name: metadata.name, path: 'elsewhere' });
    const byPath = findStage(pipeline, 'stageline.yaml', { name: 'renamed', path: spec.source.path });
    expect(byPath).toBe(byName);
    expect(spec.destination.namespace).toBe(metadata.name);
    expect(spec.source.plugin.name).toBe('stageline');
  });

  test('has an Application for every stage', () => {
    expect(applications.map(({ metadata }) => metadata.name)).toEqual(
      pipeline.stages.map(({ application }) => application),
    );
  });

  test('asks only services that the charts or the platform provide', async () => {
    const provided = new Set<string>();
    for (const stage of ['dev', 'prod'] as const) {
      for (const { kind, metadata } of await render(stage))
        if (kind === 'Service') provided.add(`${metadata.name}.shop-${stage}.svc`);
    }
    for (const { kind, metadata } of manifests(read('platform/status.yaml')))
      if (kind === 'Service') provided.add(`${metadata.name}.${metadata.namespace}.svc`);
    const asked = pipeline.stages.flatMap(checksOf).flatMap(({ http, load }) => {
      const url = http?.url ?? load?.url;
      return url === undefined ? [] : [new URL(url).hostname];
    });
    expect(asked.filter((host) => !provided.has(host))).toEqual([]);
    expect(new Set(asked)).toContain('frontend.shop-dev.svc');
  });

  test('before deployment it asks nothing of the stage itself, which is not there at first', () => {
    for (const stage of pipeline.stages) {
      const hosts = (stage.preDeployment ?? []).flat().map(({ http }) => new URL(http?.url ?? '').hostname);
      expect(hosts).toEqual(['platform-status.platform.svc']);
    }
  });

  test('every image has a program', async () => {
    const all = [...(await render('dev')), ...manifests(read('platform/status.yaml'))];
    for (const { spec } of deployments(all)) {
      const service = /\/shop-([a-z-]+):/.exec(spec.template.spec.containers[0]?.image ?? '')?.[1];
      expect(existsSync(join(HERE, 'services', `${service}.mjs`))).toBe(true);
    }
  });
});

function checksOf(stage: Stage): Check[] {
  return [...(stage.preDeployment ?? []), ...(stage.postDeployment ?? [])].flat();
}

const running: (ChildProcess | Server)[] = [];

afterEach(async () => {
  for (const thing of running.splice(0)) {
    if ('listen' in thing) thing.close();
    else if (thing.exitCode === null && thing.kill('SIGTERM')) await once(thing, 'exit');
  }
});

async function start(service: string, env: Record<string, string>): Promise<string> {
  const program = spawn(process.execPath, [join(HERE, 'services', `${service}.mjs`)], {
    env: { PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(program);
  for await (const line of createInterface(program.stdout)) {
    return `http://127.0.0.1:${z.object({ port: z.int() }).parse(JSON.parse(line)).port}`;
  }
  throw new Error(`${service} ended before it listened`);
}

async function json(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
}

/** A proxy that takes every `*.svc` for `target`, both ways that clients ask one. */
async function startProxy(target: string): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const { hostname, port } = new URL(target);
  const proxy = createServer((incoming, outgoing) => {
    asked.push(new URL(incoming.url ?? '').hostname);
    const onward = forward({ hostname, port, path: new URL(incoming.url ?? '').pathname }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  proxy.on('connect', (incoming, socket) => {
    asked.push((incoming.url ?? '').split(':')[0] ?? '');
    const tunnel = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on('error', () => socket.destroy());
    socket.on('error', () => tunnel.destroy());
  });
  running.push(proxy);
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return { url: `http://127.0.0.1:${address.port}`, asked };
}

describe('the programs', () => {
  test.each(['frontend', 'backend', 'platform-status'])(
    '%s is ready and says its version',
    async (service) => {
      const url = await start(service, { VERSION: 'v7' });
      expect(await json(`${url}/healthz`)).toEqual({
        status: 200,
        body: { service, version: 'v7', healthy: true },
      });
      expect((await json(`${url}/nowhere`)).status).toBe(404);
    },
  );

  test('the frontend answers with both versions, through a proxy where one is set', async () => {
    const proxy = await startProxy(await start('backend', { VERSION: 'v1' }));
    const frontend = await start('frontend', {
      VERSION: 'v2',
      BACKEND_URL: 'http://backend.shop-dev.svc',
      HTTP_PROXY: proxy.url,
      NODE_USE_ENV_PROXY: '1',
    });
    expect(await json(frontend)).toMatchObject({
      status: 200,
      body: { version: 'v2', backend: { service: 'backend', version: 'v1' } },
    });
    expect(proxy.asked).toEqual(['backend.shop-dev.svc']);
  });

  test('a frontend without its backend says so', async () => {
    const backend = await start('backend', {});
    const gone = running.pop();
    if (gone && 'kill' in gone && gone.kill('SIGTERM')) await once(gone, 'exit');
    const frontend = await start('frontend', { BACKEND_URL: backend });
    expect(await json(frontend)).toMatchObject({
      status: 502,
      body: { backend: { error: expect.stringContaining('does not answer') } },
    });
  });

  test.each([
    { answering: 'v2', released: true },
    { answering: 'v1', released: false },
  ])('a release of v2 with a backend $answering is released: $released', async ({ answering, released }) => {
    const frontend = await start('frontend', {
      VERSION: 'v2',
      BACKEND_URL: await start('backend', { VERSION: answering }),
      RELEASED_FRONTEND: 'v2',
      RELEASED_BACKEND: 'v2',
    });
    expect(await json(`${frontend}/release`)).toMatchObject({
      status: released ? 200 : 503,
      body: { released },
    });
  });

  test.each(['v1', 'v2', 'v4', 'v3-hotfix'])(
    'backend %s answers often before v3 answers once',
    async (other) => {
      const v3 = await start('backend', { VERSION: 'v3' });
      const fast = await start('backend', { VERSION: other });
      const order: string[] = [];
      const slowAnswer = json(v3).then(() => order.push('v3'));
      for (let i = 0; i < 5; i += 1) {
        await json(fast);
        order.push(other);
      }
      await slowAnswer;
      expect(order).toEqual([other, other, other, other, other, 'v3']);
    },
  );

  test('even the quickest answer of v3 misses the target of the evaluation in dev', async () => {
    const dev = pipeline.stages.find(({ name }) => name === 'dev');
    const evaluation = dev && checksOf(dev).find(({ metric }) => metric !== undefined)?.metric;
    const target = parseTarget(evaluation?.target ?? '');
    const v3 = await start('backend', { VERSION: 'v3' });
    const began = performance.now();
    await json(v3);
    const seconds = (performance.now() - began) / 1000;
    expect(target && meetsTarget(seconds, target)).toBe(false);
  });
});

test('the values that a person edits are where the README says', () => {
  const values = z.looseObject({ frontend: z.looseObject({ tag: z.string() }) });
  expect(values.parse(parse(read('charts/dev/values.yaml'))).frontend.tag).toBe('v1');
  expect(read('README.md')).toContain('charts/dev/values.yaml');
});

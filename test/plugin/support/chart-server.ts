/** A chart repository and an OCI registry over plain HTTP on this machine: what Helm needs to pull, no more. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ChartServer {
  /** `127.0.0.1:port`. */
  host: string;
  requests: string[];
  close(): Promise<void>;
}

export interface ServedChart {
  name: string;
  version: string;
  archive: Buffer;
  /** Basic credentials that are asked for, if any. */
  auth?: string;
}

const CONFIG_TYPE = 'application/vnd.cncf.helm.config.v1+json';
const LAYER_TYPE = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** Serves one chart under `/charts` as a repository and as `oci://host/charts/<name>`. */
export async function serveChart(chart: ServedChart): Promise<ChartServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    answer(chart, request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    requests,
    close: () => new Promise((done) => server.close(() => done())),
  };
}

function answer(chart: ServedChart, request: IncomingMessage, response: ServerResponse): void {
  const { headers, url = '' } = request;
  if (
    chart.auth !== undefined &&
    headers.authorization !== `Basic ${Buffer.from(chart.auth).toString('base64')}`
  ) {
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="charts"' }).end();
    return;
  }
  const found = routes(chart, headers.host ?? '')[url];
  if (found === undefined) response.writeHead(404).end();
  else {
    const { type, body } = found;
    const digest = { 'Docker-Content-Digest': digestOf(body) };
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length, ...digest });
    response.end(request.method === 'HEAD' ? undefined : body);
  }
}

function routes(chart: ServedChart, host: string): Record<string, { type: string; body: Buffer }> {
  const { name, version, archive } = chart;
  const config = Buffer.from(JSON.stringify({ apiVersion: 'v2', name, version }));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: CONFIG_TYPE, digest: digestOf(config), size: config.length },
      layers: [{ mediaType: LAYER_TYPE, digest: digestOf(archive), size: archive.length }],
    }),
  );
  const file = `${name}-${version}.tgz`;
  const index = `apiVersion: v1\nentries:\n  ${name}:\n    - apiVersion: v2\n      name: ${name}\n      version: ${version}\n      digest: ${digestOf(archive).slice(7)}\n      urls: ["http://${host}/charts/${file}"]\n`;
  const v2 = `/v2/charts/${name}`;
  return {
    '/charts/index.yaml': { type: 'text/yaml', body: Buffer.from(index) },
    [`/charts/${file}`]: { type: 'application/gzip', body: archive },
    '/v2/': { type: 'application/json', body: Buffer.from('{}') },
    [`${v2}/tags/list`]: {
      type: 'application/json',
      body: Buffer.from(JSON.stringify({ name, tags: [version] })),
    },
    [`${v2}/manifests/${version}`]: { type: MANIFEST_TYPE, body: manifest },
    [`${v2}/manifests/${digestOf(manifest)}`]: { type: MANIFEST_TYPE, body: manifest },
    [`${v2}/blobs/${digestOf(config)}`]: { type: 'application/octet-stream', body: config },
    [`${v2}/blobs/${digestOf(archive)}`]: { type: 'application/octet-stream', body: archive },
  };
}

function digestOf(body: Buffer): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

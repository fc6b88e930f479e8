/**
 * Stand-in for the image that the examples deliver, github.com/stefanprodan/podinfo: the few routes that their checks
 * and probes ask. The tag is the version, as in the image; one that ends in -broken serves no page.
 */
import { createServer } from 'node:http';
import type { Programs } from '../../sandbox/jobs/index.ts';

const IMAGE = /^ghcr\.io\/stefanprodan\/podinfo:([\w.-]+)$/;

export const podinfo: Programs = {
  match(image) {
    const version = IMAGE.exec(image)?.[1];
    if (version === undefined) return undefined;
    return { command: [process.execPath, import.meta.filename], env: { VERSION: version } };
  },
};

function serve(): void {
  const version = process.env['VERSION'] ?? '';
  const answers: Record<string, object> = {
    '/': { version, message: process.env['PODINFO_UI_MESSAGE'] },
    '/version': { version },
    '/healthz': { status: 'OK' },
    '/readyz': { status: 'OK' },
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    const isBroken = request.url === '/' && version.endsWith('-broken');
    response.writeHead(answer === undefined ? 404 : isBroken ? 500 : 200, {
      'content-type': 'application/json',
    });
    response.end(JSON.stringify(answer ?? {}));
  });
  // The image listens on 9898; here every container gets a port of its own.
  server.listen(Number(process.env['PORT'] ?? 9898), '127.0.0.1');
  process.once('SIGTERM', () => {
    server.close();
    server.closeAllConnections();
  });
}

if (import.meta.main) serve();

/**
 * The frame of the example's programs: one HTTP server on $PORT (0: any free one) and $HOST, with /healthz for
 * readiness, JSON answers, and an end on SIGTERM. Nothing but Node.
 */
import { createServer } from 'node:http';

/** Set when the image is built; a laptop passes the image's tag. */
export const version = process.env.VERSION ?? 'unversioned';

/**
 * Serves `routes`, functions by path that give `{ status, body }`. Says on stdout, in one line of JSON, where
 * it listens.
 */
export function serve(service, routes) {
  const all = { '/healthz': () => ({ status: 200, body: { service, version, healthy: true } }), ...routes };
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(all, request.url ?? '/');
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  });
  server.on('error', (error) => {
    console.error(`${service}: ${error.message}`);
    process.exit(1);
  });
  server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? '127.0.0.1', () => {
    console.log(JSON.stringify({ service, version, port: server.address().port }));
  });
  process.once('SIGTERM', () => {
    server.close();
    server.closeIdleConnections();
  });
}

async function answer(routes, url) {
  const route = routes[url.split('?')[0]];
  if (!route) return { status: 404, body: { error: `there is nothing at ${url}` } };
  try {
    return await route();
  } catch (error) {
    return { status: 500, body: { error: error.message } };
  }
}

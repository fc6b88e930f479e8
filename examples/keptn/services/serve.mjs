/**
 * The frame of the example's services: one HTTP server on $PORT (0: any free one) and $HOST, with /healthz, /metrics in
 * Prometheus's text format, JSON answers, and an end on SIGTERM. Nothing but Node.
 */
import { createServer } from 'node:http';

/** Set when the image is built; a laptop passes the image's tag. */
export const version = process.env.VERSION ?? 'unversioned';

/** Serves `answer`, which gives `{ status, body }` for the path `/`, and measures it. */
export function serve(service, answer) {
  const measured = { seconds: 0, count: 0 };
  const routes = {
    '/healthz': () => ({ status: 200, body: { service, version, healthy: true } }),
    '/': async () => {
      const began = performance.now();
      const answered = await answer();
      measured.seconds += (performance.now() - began) / 1000;
      measured.count += 1;
      return answered;
    },
  };
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    if (path === '/metrics') return response.end(metricsText(measured));
    const { status, body } = await (routes[path] ?? notFound)();
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

function notFound() {
  return { status: 404, body: { error: 'there is nothing here' } };
}

function metricsText({ seconds, count }) {
  const label = `{version="${version}"}`;
  return [
    '# HELP tickets_response_seconds Time to answer a request.',
    '# TYPE tickets_response_seconds summary',
    `tickets_response_seconds_sum${label} ${seconds}`,
    `tickets_response_seconds_count${label} ${count}`,
    '',
  ].join('\n');
}

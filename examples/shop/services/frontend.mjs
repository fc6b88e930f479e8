/**
 * The shop's frontend. `/` answers with its own version and what the backend at $BACKEND_URL says; `/release`
 * says whether the versions that answer are the ones that were released together.
 */
import { serve, version } from './serve.mjs';

const backendUrl = process.env.BACKEND_URL ?? 'http://127.0.0.1:8081';
/** A backend that takes longer is as good as gone. */
const BACKEND_TIMEOUT_MS = 5000;

serve('frontend', {
  '/': async () => {
    const backend = await askBackend();
    return { status: backend.error ? 502 : 200, body: { service: 'frontend', version, backend } };
  },
  '/release': async () => {
    const backend = await askBackend();
    const expected = { frontend: process.env.RELEASED_FRONTEND, backend: process.env.RELEASED_BACKEND };
    const answering = { frontend: version, backend: backend.version };
    const released = answering.frontend === expected.frontend && answering.backend === expected.backend;
    return { status: released ? 200 : 503, body: { released, answering, expected } };
  },
});

async function askBackend() {
  try {
    const response = await fetch(backendUrl, { signal: AbortSignal.timeout(BACKEND_TIMEOUT_MS) });
    if (!response.ok) return { error: `the backend answered ${response.status}` };
    return await response.json();
  } catch (error) {
    return { error: `the backend does not answer: ${error.cause?.message ?? error.message}` };
  }
}

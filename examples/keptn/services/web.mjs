/** The tickets' web service: `/` answers with its own version and what the store at $STORE_URL says. */
import { serve, version } from './serve.mjs';

const storeUrl = process.env.STORE_URL ?? 'http://127.0.0.1:8081';

serve('web', async () => {
  try {
    const response = await fetch(storeUrl, { signal: AbortSignal.timeout(5000) });
    if (!response.ok) return { status: 502, body: { error: `the store answered ${response.status}` } };
    return { status: 200, body: { service: 'web', version, store: await response.json() } };
  } catch (error) {
    return { status: 502, body: { error: `the store does not answer: ${error.message}` } };
  }
});

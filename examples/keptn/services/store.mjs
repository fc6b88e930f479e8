/** The tickets' store: `/` answers with what is left. */
import { setTimeout as wait } from 'node:timers/promises';
import { serve, version } from './serve.mjs';

const LEFT = { stalls: 12, circle: 4, balcony: 31 };

serve('store', async () => {
  // What v3 breaks, for the example: it answers correctly, and half a second late. Only a measurement finds that.
  if (version === 'v3') await wait(500);
  return { status: 200, body: { service: 'store', version, left: LEFT } };
});

/** What the pre-deployment check asks: whether the platform can take a deployment. Here it always can. */
import { serve, version } from './serve.mjs';

serve('platform-status', {
  '/': () => ({ status: 200, body: { service: 'platform-status', version, ready: true } }),
});

/** The shop's backend. `/` answers with its version and the prices of the articles. */
import { setTimeout as wait } from 'node:timers/promises';
import { serve, version } from './serve.mjs';

const PRICES = {
  apple: 120,
  bread: 340,
  cheese: 560,
  honey: 780,
  jam: 410,
  milk: 150,
  olives: 390,
  tea: 620,
};

serve('backend', {
  '/': async () => ({ status: 200, body: { service: 'backend', version, prices: await prices() } }),
});

async function prices() {
  if (version !== 'v3') return PRICES;
  // The defect that v3 brings, for the demo: it no longer keeps the prices but looks each one up, one after
  // the other. It answers correctly, and about two seconds late; only a measurement finds that.
  const found = {};
  for (const article of Object.keys(PRICES)) found[article] = await lookUp(article);
  return found;
}

async function lookUp(article) {
  await wait(250);
  return PRICES[article];
}

/**
 * Task: waits until the Prometheus at $PROMETHEUS_URL is ready, and if $TARGET is set until that expression is 1, which
 * is what `up{…}` is while a target is scraped. Ends with 1 after $WAIT_SECONDS (60).
 */
import { setTimeout as wait } from 'node:timers/promises';

const { PROMETHEUS_URL = 'http://127.0.0.1:9090', TARGET } = process.env;
const until = Date.now() + Number(process.env.WAIT_SECONDS ?? 60) * 1000;
let reason = '';

while (Date.now() < until) {
  try {
    if (await isThere()) {
      console.log(TARGET ? `${TARGET} is 1` : `${PROMETHEUS_URL} is ready`);
      process.exit(0);
    }
  } catch (error) {
    reason = error.cause?.message ?? error.message;
  }
  await wait(500);
}
console.error(`${TARGET ?? PROMETHEUS_URL}: ${reason}`);
process.exit(1);

async function isThere() {
  if (!TARGET) {
    const ready = await fetch(`${PROMETHEUS_URL}/-/ready`, { signal: AbortSignal.timeout(5000) });
    reason = `answered ${ready.status}`;
    return ready.ok;
  }
  const query = new URLSearchParams({ query: TARGET });
  const response = await fetch(`${PROMETHEUS_URL}/api/v1/query?${query}`, {
    signal: AbortSignal.timeout(5000),
  });
  const { data } = await response.json();
  const value = data?.result?.[0]?.value?.[1];
  reason = value === undefined ? 'is not known to Prometheus' : `is ${value}`;
  return value === '1';
}

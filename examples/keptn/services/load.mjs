/** Task: asks $URL for $SECONDS seconds (10) with $CONNECTIONS (5) at once. Ends with 1 if a request fails. */
import { setTimeout as wait } from 'node:timers/promises';

const { URL = 'http://127.0.0.1:8080/' } = process.env;
const until = Date.now() + Number(process.env.SECONDS ?? 10) * 1000;
const PAUSE_MS = 50;
let done = 0;
const failures = [];

await Promise.all(Array.from({ length: Number(process.env.CONNECTIONS ?? 5) }, ask));
console.log(`${done} requests, ${failures.length} failures`);
if (failures.length > 0) console.error(`the first failure: ${failures[0]}`);
process.exit(failures.length > 0 ? 1 : 0);

async function ask() {
  while (Date.now() < until) {
    try {
      const response = await fetch(URL, { signal: AbortSignal.timeout(10_000) });
      await response.text();
      if (!response.ok) failures.push(`${URL} answered ${response.status}`);
    } catch (error) {
      failures.push(error.cause?.message ?? error.message);
    }
    done += 1;
    await wait(PAUSE_MS);
  }
}

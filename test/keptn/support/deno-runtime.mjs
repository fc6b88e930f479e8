/**
 * Stand-in for Keptn's deno runtime, where there is no Deno: runs the function at $SCRIPT, a file or an address, with
 * the one part of Deno's API that functions use to read their input, and only the variables that Keptn lets them read.
 */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

const READABLE = ['DATA', 'SECURE_DATA', 'KEPTN_CONTEXT'];

globalThis.Deno = {
  env: {
    get(name) {
      if (!READABLE.includes(name)) throw new Error(`Requires env access to "${name}"`);
      return process.env[name];
    },
  },
};

try {
  const script = process.env.SCRIPT ?? '';
  const source = /^https?:/.test(script) ? await (await fetch(script)).text() : readFileSync(script, 'utf8');
  await import(`data:text/javascript,${encodeURIComponent(stripTypeScriptTypes(source))}`);
} catch (error) {
  // As Deno says it; Node would print the whole function first.
  process.stderr.write(`error: Uncaught (in promise) ${error}\n`);
  process.exitCode = 1;
}

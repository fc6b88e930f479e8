/** `npm run check`: types, lint and import rules, format, unused code; all run, then the verdict. */
import { spawn } from 'node:child_process';
import { installPackages, node24, root, say, toolEnv } from './lib.mjs';

installPackages();
node24();
const checks = {
  types: ['tsc', '-p', '.'],
  'types of the tab': ['tsc', '-p', 'ui-extension/tab'],
  'types of the page': ['tsc', '-p', 'sandbox/host-page/browser'],
  lint: ['oxlint', '--deny-warnings'],
  format: ['oxfmt', '--check', '.'],
  'unused code': ['knip'],
};

function runCheck([name, [program, ...args]]) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env: toolEnv() });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('close', (code) => resolve({ name, ok: code === 0, output: Buffer.concat(output).toString() }));
  });
}

const results = await Promise.all(Object.entries(checks).map(runCheck));
for (const { name, ok, output } of results) {
  if (!ok) say(output);
  say(`${ok ? 'ok  ' : 'FAIL'} ${name}`);
}
process.exit(results.every(({ ok }) => ok) ? 0 : 1);

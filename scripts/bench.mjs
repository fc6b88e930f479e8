/** `npm run bench [name …]`: runs the benchmarks in test/bench, each of which prints its figures as JSON. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { build, installPackages, installTools, node24, root, toolEnv } from './lib.mjs';

installPackages();
await installTools();
build();
const wanted = process.argv.slice(2);
const files = readdirSync(path.join(root, 'test/bench')).filter((name) => name.endsWith('.bench.ts'));
let failed = false;
for (const file of files.filter(
  (name) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
)) {
  const done = spawnSync(node24(), [path.join('test/bench', file)], {
    cwd: root,
    stdio: 'inherit',
    env: toolEnv(),
  });
  failed ||= done.status !== 0;
}
process.exit(failed ? 1 : 0);

/** `npm test [-- vitest arguments]`: sets up everything that the tests use for real, then runs them. */
import path from 'node:path';
import {
  become,
  build,
  installDebianPackages,
  installHelm3,
  installPackages,
  installTestPackages,
  installTools,
  node24,
  root,
  toolEnv,
} from './lib.mjs';

installPackages();
installTestPackages();
installDebianPackages({
  chromium: '/usr/bin/chromium',
  'lua5.1': '/usr/bin/lua5.1',
  openssl: '/usr/bin/openssl',
  'openssh-client': '/usr/bin/ssh-keygen',
  prometheus: '/usr/bin/prometheus',
});
await installTools();
await installHelm3();
build();
become(node24(), ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)], {
  ...toolEnv(),
  STAGELINE_TEST_BUNDLES: '1',
  // Processes by the hundred load the same files.
  NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/stageline/code'),
});

/** `npm run demo`: sets up what is missing, then runs the main job on this machine. */
import { become, build, installPackages, installTools, node24 } from './lib.mjs';

installPackages();
await installTools();
build();
become(node24(), ['sandbox/demo/main.ts', ...process.argv.slice(2)]);

/** `npm run setup`: packages, real tools and bundles, nothing else. */
import { build, installPackages, installTools } from './lib.mjs';

installPackages();
await installTools();
build();

/** `npm run build`: all bundles, whether they are stale or not. */
import { build, installPackages } from './lib.mjs';

installPackages();
build({ force: true });

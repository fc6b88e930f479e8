/**
 * What needs a parser: the pipeline file and its like when they are new, documents that the scanner is not sure of,
 * sources other than Helm, Keptn's resources when they are new. Bundled apart, since most renders do without.
 */
import { config } from 'zod';

// Compiling validators pays when they run often; a render runs each once.
config({ jitless: true });

export { parsePromotionFile } from '../core/ancestry.ts';
export { parsePipeline } from '../core/pipeline/parse.ts';
export { dynamicAnnouncements, staticAnnouncements } from './announce.ts';
export { nondeterminism } from './determinism.ts';
export { readFreight } from './freight.ts';
export { findWaves } from './hook-jobs/waves.ts';
export { injectSlowly } from './inject/slow.ts';
export { readObjects } from './keptn-documents.ts';
export { prepareDirectory } from './sources/directory.ts';
export { pullChart, remoteChart } from './sources/helm-remote.ts';
export { prepareKustomize } from './sources/kustomize.ts';

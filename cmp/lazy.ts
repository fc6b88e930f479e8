/**
 * What is loaded while the renderer runs: parser, schema, and everything that stands on them. Bundled apart, so that
 * the file that every render loads first stays small.
 */
import { config } from 'zod';

// Compiling validators pays when they run often; a render runs each once.
config({ jitless: true });

export { findCommit } from './commit/commit.ts';
export { checkTraceparent, compileStage } from './compile.ts';
export { dynamicAnnouncements, staticAnnouncements } from './announce.ts';
export { nondeterminism } from './determinism.ts';
export { findPipelineFile } from './pipeline-file.ts';
export { findKeptn, planWithKeptn, unlessKeptn, withoutLeftOut } from './keptn.ts';
export { planObjects } from './hook-jobs/hook-job.ts';
export { findWaves } from './hook-jobs/waves.ts';
export { scanRender } from './inject/scan.ts';
export { injectSlowly } from './inject/slow.ts';
export { prepareDirectory } from './sources/directory.ts';
export { buildDependencies } from './sources/helm-dependencies.ts';
export { pullChart, remoteChart } from './sources/helm-remote.ts';
export { prepareKustomize } from './sources/kustomize.ts';
export { renderFailed } from './failure.ts';
export { keyValueLines, secretValues } from './scrub.ts';

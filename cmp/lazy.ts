/**
 * What is loaded while the renderer runs: parser, schema, and everything that stands on them. Bundled apart, so that
 * the file that every render loads first stays small.
 */
export { checkTraceparent, compileStage } from './compile.ts';
export { planObjects } from './hook-jobs/hook-job.ts';
export { findWaves } from './hook-jobs/waves.ts';
export { injectSlowly } from './inject/slow.ts';
export { readManifest } from './sources/manifest-file.ts';

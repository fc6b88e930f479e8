/**
 * What is loaded while the renderer runs. Bundled apart, so that the file that every render loads first stays small;
 * parsers.ts has what most renders do without.
 */
export { findCommit } from './commit/commit.ts';
export { withLinked } from './commit/linked-inputs.ts';
export { warnOfMissingInputs } from './commit/missing-inputs.ts';
export { checkTraceparent, compileStage } from './compile.ts';
export { finish, getReady, practise } from './finish.ts';
export { findPipelineFile } from './pipeline-file.ts';
export { differsFromBefore } from './render-memory.ts';
export { keep } from './remember.ts';
export { afterFailure } from './sources/helm-failed.ts';
export { streamParts, writeParts } from './write.ts';

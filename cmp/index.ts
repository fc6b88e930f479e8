/** What the command line uses of the plugin. */
export { renderApplication, type RenderOptions } from './generate.ts';
export type { Edit } from './inject/types.ts';
export { lintRepository, type LintOptions, type LintProblem } from './lint/lint.ts';
export type { Rendered } from './rendered.ts';
export { streamParts, writeParts } from './write.ts';

/** The Keptn dialect, as the plugin uses it; the hook runner takes context.ts alone. */
export { compileKeptn } from './compile.ts';
export type { CompiledKeptn, KeptnRender } from './compile.ts';
export { mergeKeptn } from './merge.ts';
export { nameObject } from './objects.ts';
export type { Json, JsonObject, RenderedObject } from './objects.ts';
export { groupsLeftOut, isLeftOut, KEPTN_MARK } from './resources.ts';

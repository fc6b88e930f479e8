/** The Keptn dialect: what the plugin and the hook runner take from it. */
export { compileKeptn } from './compile.ts';
export type { CompiledKeptn, KeptnRender } from './compile.ts';
export { keptnAnnotations, keptnContextText, withKeptnContext } from './context.ts';
export { mergeKeptn } from './merge.ts';
export { nameObject } from './objects.ts';
export type { Json, JsonObject, RenderedObject } from './objects.ts';
export { groupsLeftOut, isLeftOut, KEPTN_MARK } from './resources.ts';

/**
 * Some modules of core/ whose types the tab reads import this built-in. The tab never calls it, and Node's own
 * types stay out of the tab's program so that a use of a Node global is a type error here.
 */
declare module 'node:crypto';

/** Who may import whom: the rules of the house as data. Imports run downward only. */

export interface Layer {
  name: string;
  /** Folder in the repository. */
  folder: string;
  /** Layers whose modules it may import, besides its own. */
  uses: readonly string[];
  /** Packages and built-ins that it may import; any if not given. `a/*` stands for everything below `a/`. */
  packages?: readonly string[];
}

const LIBRARIES = ['core', 'runtime'] as const;
const PROGRAMS = [...LIBRARIES, 'cmp', 'hooks', 'backend'] as const;

/** From the bottom to the top. */
export const LAYERS: readonly Layer[] = [
  { name: 'core', folder: 'core', uses: [], packages: ['zod', 'yaml', 'node:crypto'] },
  { name: 'runtime', folder: 'runtime', uses: ['core'] },
  { name: 'cmp', folder: 'cmp', uses: LIBRARIES },
  { name: 'hooks', folder: 'hooks', uses: LIBRARIES },
  { name: 'backend', folder: 'ui-extension/backend', uses: LIBRARIES },
  // It runs in a browser, where runtime's I/O cannot.
  { name: 'tab', folder: 'ui-extension/tab', uses: ['core'], packages: ['react', 'react-dom'] },
  { name: 'cli', folder: 'cli', uses: PROGRAMS },
  { name: 'sandbox', folder: 'sandbox', uses: PROGRAMS },
  { name: 'examples', folder: 'examples', uses: [] },
  { name: 'test', folder: 'test', uses: [...PROGRAMS, 'tab', 'cli', 'sandbox', 'examples'] },
];

/** What a bundle may load in the end, through whatever it imports; types do not count. */
export interface Reach {
  name: string;
  from: RegExp;
  packages: readonly string[];
}

export const REACHES: readonly Reach[] = [
  {
    name: 'the tab, which runs in a browser',
    from: /^ui-extension\/tab\//,
    packages: ['react', 'react-dom'],
  },
  { name: 'the plugin, whose start-up is its speed', from: /^cmp\//, packages: ['zod', 'yaml', 'node:*'] },
];

/** Tests stand beside the code but belong to the top layer, and so does what only they use. */
export function isTest(file: string): boolean {
  return /\.test\.tsx?$/.test(file) || /(^|\/)testing(\.ts$|\/)/.test(file);
}

export function layerOf(file: string): Layer | undefined {
  return LAYERS.find(({ folder }) => file.startsWith(`${folder}/`));
}

export function isAllowed(name: string, packages: readonly string[] | undefined): boolean {
  if (packages === undefined) return true;
  return packages.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
}

/** Which local program stands in for which container image in the demo. */
import path from 'node:path';

export interface LocalProgram {
  command: string[];
  env?: Record<string, string>;
  cwd?: string;
}

const SHOP_IMAGE = /^ghcr\.io\/example\/shop-([a-z-]+):([\w.-]+)$/;

export interface ProgramOptions {
  /** Root of this repository. */
  root: string;
  /** Node 24 or later. */
  node: string;
  /** Image of the hook Jobs, which runs our own bundle. */
  hookImage: string;
}

/**
 * The shop's images are its programs with the version that the image was built for; the hook image is our own
 * bundle, whose command names it by its place in the image.
 */
export function demoPrograms(options: ProgramOptions): { match(image: string): LocalProgram | undefined } {
  return {
    match(image) {
      if (image === options.hookImage)
        return { command: [options.node, path.join(options.root, 'dist/hooks.cjs')] };
      const shop = SHOP_IMAGE.exec(image);
      if (!shop?.[1]) return undefined;
      return {
        command: [options.node, path.join(options.root, 'examples/shop/services', `${shop[1]}.mjs`)],
        env: { VERSION: shop[2] ?? '' },
      };
    },
  };
}

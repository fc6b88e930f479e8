/** Which local program stands in for which container image in the demo. */
import path from 'node:path';
import type { Programs } from '../jobs/index.ts';

const SHOP_IMAGE = /^ghcr\.io\/example\/shop-([a-z-]+):([\w.-]+)$/;

export interface ProgramOptions {
  /** Root of this repository. */
  root: string;
  /** Node 24 or later. */
  node: string;
}

/** The hook image is our own bundle, whose command names it by its place in the image. */
export function hookPrograms(options: ProgramOptions & { hookImage: string }): Programs {
  const { root, node, hookImage } = options;
  const places = { node, '/app/': `${path.join(root, 'dist')}${path.sep}` };
  return {
    match: (image) => (image === hookImage ? { command: [node], allowCommand: true, places } : undefined),
  };
}

/** The shop's images are its programs with the version that the image was built for. */
export function shopPrograms(options: ProgramOptions): Programs {
  return {
    match(image) {
      const shop = SHOP_IMAGE.exec(image);
      if (!shop?.[1]) return undefined;
      return {
        command: [options.node, path.join(options.root, 'examples/shop/services', `${shop[1]}.mjs`)],
        env: { VERSION: shop[2] ?? '' },
      };
    },
  };
}

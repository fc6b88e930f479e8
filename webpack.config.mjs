/** One bundle a runtime: the plugin, the hook runner, the backend, the command line, the tab, the sandbox's page. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import webpack from 'webpack';
import { EsbuildPlugin } from 'esbuild-loader';

const root = path.dirname(fileURLToPath(import.meta.url));

/** @param {string} target esbuild target @param {string} tsconfig */
const typescript = (target, tsconfig) => ({
  test: /\.tsx?$/,
  loader: 'esbuild-loader',
  options: { target, tsconfig: path.join(root, tsconfig) },
});

const minimizer = (target, keepNames = false) => [
  new EsbuildPlugin({ target, legalComments: 'none', keepNames }),
];

/** @param {string} name @param {string} entry */
function nodeBundle(name, entry) {
  return {
    name,
    context: root,
    mode: 'production',
    target: 'node22',
    devtool: false,
    entry: path.join(root, entry),
    output: {
      path: path.join(root, 'dist'),
      filename: `${name}.cjs`,
      chunkFilename: `${name}-[name].cjs`,
      chunkFormat: 'commonjs',
      library: { type: 'commonjs2' },
    },
    // OpenTelemetry's ES modules can be tree-shaken, its CommonJS cannot.
    resolve: { mainFields: ['module', 'main'] },
    module: {
      rules: [
        typescript('node22', 'tsconfig.json'),
        // Its modules only define things, but its package does not say so; without this all 1,300 models stay in.
        { test: /node_modules\/@kubernetes\/client-node\//, sideEffects: false },
      ],
    },
    // Names are for stack traces; to keep them costs the plugin time with each render.
    optimization: { minimizer: minimizer('node22', name !== 'cmp'), chunkIds: 'named' },
    performance: { hints: false },
    // autocannon offers worker threads and an interactive command line, which the runner never uses.
    ignoreWarnings: [/Critical dependency/, /Can't resolve/],
  };
}

const browserExternals = { react: 'React', 'react-dom': 'ReactDOM' };

const tab = {
  name: 'tab',
  context: root,
  mode: 'production',
  target: ['web', 'es2020'],
  devtool: false,
  entry: path.join(root, 'ui-extension/tab/index.tsx'),
  output: { path: path.join(root, 'dist'), filename: 'extension-stageline.js', iife: true },
  externals: browserExternals,
  module: {
    rules: [typescript('es2020', 'ui-extension/tab/tsconfig.json'), { test: /\.css$/, type: 'asset/source' }],
  },
  optimization: { minimizer: minimizer('es2020') },
  performance: { hints: false },
};

/** @param {string} name @param {string} entry @param {object} [more] */
function hostBundle(name, entry, more = {}) {
  return {
    name: `host-${name}`,
    context: root,
    mode: 'production',
    target: ['web', 'es2022'],
    devtool: false,
    entry: path.join(root, entry),
    output: { path: path.join(root, 'dist/host'), filename: `${name}.js`, iife: true },
    module: {
      rules: [
        typescript('es2022', 'sandbox/host-page/browser/tsconfig.json'),
        { test: /\.css$/, type: 'asset/source' },
      ],
    },
    optimization: { minimizer: minimizer('es2022') },
    performance: { hints: false },
    ...more,
  };
}

const all = [
  nodeBundle('cmp', 'cmp/main.ts'),
  nodeBundle('hooks', 'hooks/main.ts'),
  nodeBundle('backend', 'ui-extension/backend/main.ts'),
  {
    ...nodeBundle('stageline', 'cli/main.ts'),
    plugins: [new webpack.BannerPlugin({ banner: '#!/usr/bin/env node', raw: true })],
  },
  tab,
  // React DOM 16 asks for `react`, which is 19 here.
  hostBundle('globals-16', 'sandbox/host-page/browser/globals-16.ts', {
    resolve: { alias: { react$: 'react16' } },
  }),
  hostBundle('globals-19', 'sandbox/host-page/browser/globals-19.ts'),
  hostBundle('app', 'sandbox/host-page/browser/app.tsx', { externals: browserExternals }),
];

// STAGELINE_BUILD_ONLY=cmp,hooks builds a part; used while developing.
const only = process.env.STAGELINE_BUILD_ONLY?.split(',');
export default all.filter((config) => (only ? only.includes(config.name) : existsSync(config.entry)));

import { defineConfig } from 'vitest/config';

/** Files without processes, servers and globals: they share workers, whose start would take longer than they do. */
const PURE = [
  'core/**/*.test.ts',
  'ui-extension/tab/view-model/**/*.test.ts',
  'hooks/{metrics,checks,http,promotion}/**/*.test.ts',
];
const ALL = ['{core,runtime,cmp,hooks,ui-extension,cli,sandbox,examples,test}/**/*.test.{ts,tsx}'];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A machine under load can be slower than a browser's patience, once; a defect fails every time.
    retry: 2,
    reporters: ['default', './test/plain-line-reporter.ts'],
    pool: 'forks',
    // Many tests wait for processes and clocks: more workers than cores keep the cores at work.
    maxWorkers: 4,
    projects: [
      { extends: true, test: { name: 'real', include: ALL, exclude: [...PURE, '**/node_modules/**'] } },
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
    ],
  },
});

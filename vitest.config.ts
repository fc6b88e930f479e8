import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{core,runtime,cmp,hooks,ui-extension,cli,sandbox,examples,test}/**/*.test.{ts,tsx}'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A machine under load can be slower than a browser's patience, once; a defect fails every time.
    retry: 2,
    reporters: ['default', './test/plain-line-reporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
  },
});

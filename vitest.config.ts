import { defineConfig } from 'vitest/config';

const conformance = ['test/conformance*/**/*.test.ts'];
const endToEnd = ['test/e2e/**/*.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.{ts,tsx}'], exclude: [...conformance, ...endToEnd] },
      },
      { extends: true, test: { name: 'conformance', include: conformance, testTimeout: 300_000 } },
      { extends: true, test: { name: 'e2e', include: endToEnd, testTimeout: 120_000, fileParallelism: false } },
    ],
  },
});

import { defineConfig } from 'vitest/config';

const conformance = ['test/conformance*/**/*.test.ts'];
const endToEnd = ['test/e2e/**/*.test.ts'];
const contract = ['test/contract/{embedded,kubeconfig,renewed}.test.ts'];
const redTeam = ['test/redteam/**/*.test.ts'];
/** Needs Docker: `npm run test:kind`. */
const kind = ['test/contract/kind*.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [...conformance, ...endToEnd, ...contract, ...redTeam, ...kind],
        },
      },
      { extends: true, test: { name: 'conformance', include: conformance, testTimeout: 300_000 } },
      { extends: true, test: { name: 'contract', include: contract } },
      // Each attempt waits for its own cluster far more than it works.
      { extends: true, test: { name: 'redteam', include: redTeam, maxConcurrency: 8 } },
      { extends: true, test: { name: 'kind', include: kind, fileParallelism: false } },
      { extends: true, test: { name: 'e2e', include: endToEnd, testTimeout: 120_000 } },
    ],
  },
});

import { defineConfig } from 'vitest/config';

/** `npm test` runs what scripts/build-tests.ts has bundled; while working, the sources are run: `vitest run --project unit FILE`. */
const built = process.env.KUBEDRILL_TESTS === 'built';
const of = (...files: string[]) =>
  built ? files.map((file) => `dist.tests/${file.replace(/\{ts,tsx\}$|ts$/, 'js')}`) : files;

const conformance = of('test/conformance/**/*.test.ts');
const contract = of('test/contract/{embedded,kubeconfig,renewed}.test.ts');
const redTeam = of('test/redteam/**/*.test.ts');
/** Needs Docker: `npm run test:kind`. */
const kind = of('test/contract/kind*.test.ts');
/** Needs Docker: `npm run test:image`. */
const image = ['test/image/**/*.test.ts'];
/** Drive the built program. */
const endToEnd = ['test/e2e/**/*.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    server: { deps: { external: [/\/dist\.tests\//] } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: of('test/**/*.test.{ts,tsx}'),
          exclude: [...conformance, ...endToEnd, ...contract, ...redTeam, ...kind, ...image],
        },
      },
      { extends: true, test: { name: 'conformance', include: conformance, testTimeout: 300_000 } },
      { extends: true, test: { name: 'contract', include: contract } },
      // Each attempt waits for its own cluster far more than it works.
      { extends: true, test: { name: 'redteam', include: redTeam, maxConcurrency: 8 } },
      { extends: true, test: { name: 'kind', include: kind, fileParallelism: false } },
      { extends: true, test: { name: 'image', include: image, testTimeout: 120_000 } },
      { extends: true, test: { name: 'e2e', include: endToEnd, testTimeout: 120_000 } },
    ],
  },
});

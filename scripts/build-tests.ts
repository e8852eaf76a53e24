/**
 * Bundles the tests with what they test, as dist/ is bundled, into `dist.tests/`: what `npm test` runs is what the bundler
 * makes of the sources. Loading them takes a fraction of what it takes to transform each module.
 */
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'rolldown';
import { bundle } from './bundle.ts';

const root = join(import.meta.dirname, '..');

/** A test, and the scripts that it tests, find fixtures and sources beside its own source, wherever it is run from. */
const inPlace: Plugin = {
  name: 'tests-in-place',
  transform: {
    filter: { id: /\/(test|scripts)\/.*\.tsx?$/, code: /import\.meta\.(url|dirname)/ },
    handler: (code, id) =>
      code
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(id))),
  },
};

const tests = globSync('test/**/*.test.{ts,tsx}', { cwd: root, exclude: ['test/e2e/**', 'test/image/**'] });
const entry = Object.fromEntries(tests.map((file) => [file.replace(/\.tsx?$/, ''), file]));
// Native or with state of its own: it has to be the one that runs the tests.
const external = [/^vitest(\/|$)/, '@lydell/node-pty'];
await bundle(entry, 'dist.tests', { external, plugins: () => [inPlace] });

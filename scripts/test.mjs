// `npm test`: installs what is missing, then runs every check and adds up what passed and failed. The suites that take
// longest run in part; `npm test -- --all` runs the whole of them.
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './ensure.mjs';
import { Tally } from './tally.mjs';

ensureInstalled();
ensureBuilt();

const part = process.argv.includes('--all') ? {} : { KUBEDRILL_SUITES: 'part' };
const tally = new Tally(part);
await tally.of(async () => {
  // What needs one processor runs beside what needs another.
  await Promise.all([types(), sources()]);
  // From here on everything is run as the bundler has made it, which is how it ships.
  const built = { KUBEDRILL_TESTS: 'built' };
  await Promise.all([tally.suite('tests', ['unit', 'conformance'], built), proofs()]);
  // They wait for clusters and terminals more than they work.
  await tally.suite('contract, red team, end to end', ['contract', 'redteam', 'e2e'], built, { workers: 3 });
});

async function types() {
  await tally.step('types', join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.');
}

async function sources() {
  await tally.step(
    'lint',
    join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome'),
    'ci',
    '--colors=off',
    '--error-on-warnings',
    '.',
  );
  await tally.step(
    'layers',
    join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
    '--config',
    '.dependency-cruiser.cjs',
    'src',
  );
  await tally.step('house', join(root, 'scripts', 'house', 'main.ts'), '--sources');
  await tally.step('unused', join(root, 'node_modules', 'knip', 'bin', 'knip.js'));
  await tally.step('tests are bundled', join(root, 'scripts', 'build-tests.ts'));
}

async function proofs() {
  await tally.verify('pack verify');
  await tally.verify('pack verify of samples', { packs: [join('fixtures', 'packs', 'samples')] });
  // All of them with all names: `npm run test:seeds`.
  await tally.verify('pack verify with other names', { args: ['--scenario', 'who-can', '--seeds', '3'] });
}

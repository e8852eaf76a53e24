// `npm test`: installs what is missing, then runs every check and adds up what passed and failed. The suites that take
// longest run in part; `npm test -- --all` runs the whole of them.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './ensure.mjs';
import { Tally } from './tally.mjs';

ensureInstalled();
ensureBuilt();

const isPart = !process.argv.includes('--all');
const tally = new Tally(isPart ? { KUBEDRILL_SUITES: 'part' } : {});
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
  const packs = readdirSync(join(root, 'scenarios')).filter((name) => !name.includes('.'));
  await tally.verify('pack verify', { args: some(packs.map((pack) => join('scenarios', pack))) });
  const samples = join('fixtures', 'packs', 'samples');
  await tally.verify('pack verify of samples', { packs: [samples], args: some([samples]) });
  // All of them with all names: `npm run test:seeds`.
  await tally.verify('pack verify with other names', { args: ['--scenario', 'who-can', '--seeds', '3'] });
}

/**
 * In a part every second scenario is proved. That all are, as they are now, scenarios/results.json tells with their
 * digests: `npm run docs` and its test show what has changed since.
 */
function some(folders) {
  if (!isPart) return [];
  const ids = folders.flatMap((folder) =>
    readdirSync(join(root, folder)).filter((id) => existsSync(join(root, folder, id, 'scenario.yaml'))),
  );
  return ['--scenario', ids.filter((_, index) => index % 2 === 0).join(',')];
}

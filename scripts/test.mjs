// `npm test`: installs what is missing, then runs every check and adds up what passed and failed.
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './ensure.mjs';
import { Tally } from './tally.mjs';

ensureInstalled();
ensureBuilt();

const tally = new Tally();
await tally.of(async () => {
  await tally.step('types', join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.');
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
  await tally.step('unused', join(root, 'node_modules', 'knip', 'bin', 'knip.js'));
  // From here on everything is run as the bundler has made it, which is how it ships.
  await tally.step('tests are bundled', join(root, 'scripts', 'build-tests.ts'));
  const built = { KUBEDRILL_TESTS: 'built' };
  await tally.suite('tests', 'unit', built);
  await tally.suite('conformance', 'conformance', built);
  await tally.suite('contract', 'contract', { ...built, KUBEDRILL_CONTRACT: 'part' });
  await tally.suite('red team', 'redteam', { ...built, KUBEDRILL_REDTEAM: 'part' });
  await tally.verify('pack verify');
  await tally.verify('pack verify of samples', { packs: [join('fixtures', 'packs', 'samples')] });
  // All of them with all names: `npm run test:seeds`.
  await tally.verify('pack verify with other names', { args: ['--scenario', 'who-can', '--seeds', '3'] });
  await tally.suite('end to end', 'e2e');
});

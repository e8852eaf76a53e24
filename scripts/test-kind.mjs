// `npm run test:kind`: what has to hold on real clusters. `--part`: what fits into a quarter of an hour.
// Needs Docker and kind; with a node image beside the project (../shared/kind) neither internet nor an own kind.
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { ensureDocker, loadImage, nodeArchive, nodeImage, sharedBin, stop } from './docker.mjs';
import { ensureBuilt, ensureInstalled, env } from './ensure.mjs';
import { Tally } from './tally.mjs';

const part = process.argv.includes('--part');
/** The flagship, and a few that ask other things: of tokens, access reviews, and what an account may at most. */
const few = ['--scenario', 'forbidden-deployment,no-token-needed,who-can'];
/** What else `pack verify` is reported, as in `npm run test:kind -- --results scenarios/results.json`. */
const more = process.argv.slice(2).filter((word) => word !== '--part');

ensureInstalled();
ensureBuilt();

const variables = {};
if (existsSync(nodeArchive)) {
  variables.PATH = [sharedBin, env.PATH].join(delimiter);
  variables.KUBEDRILL_NODE_IMAGE = nodeImage;
}
if (part) variables.KUBEDRILL_SUITES = 'part';

const tally = new Tally(variables);
let daemon;
await tally.of(async () => {
  try {
    daemon = await ensureDocker();
    loadImage();
    // The contract of providers, a lab as its user sees it, and (not in a part) faults of the machine.
    const files = part ? ['test/contract/kind.test.ts', 'test/contract/kind-lab.test.ts'] : [];
    await tally.suite('kind', ['kind'], {}, { files });
    // Scenarios on kind beside the same on embedded clusters.
    await tally.verify('pack verify --provider kind', { args: ['--provider', 'kind', ...(part ? few : []), ...more] });
  } finally {
    if (daemon) await stop(daemon);
  }
});

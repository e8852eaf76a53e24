// `npm run test:kind`: what has to hold on real clusters. `--part`: what fits into a quarter of an hour.
// Needs Docker and kind; with a node image beside the project (../shared/kind) neither internet nor an own kind.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ensureBuilt, ensureInstalled, env as ownEnv, root } from './ensure.mjs';
import { Tally } from './tally.mjs';

const part = process.argv.includes('--part');
const shared = join(root, '..', 'shared', 'kind');
const archive = join(shared, 'node-image.tar.xz');
const image = 'kubedrill-node:v1.35.4';
/** The flagship, and a few that ask other things: of tokens, access reviews, and what an account may at most. */
const few = ['--scenario', 'forbidden-deployment,no-token-needed,who-can'];
/** What else `pack verify` is told, as in `npm run test:kind -- --results scenarios/results.json`. */
const more = process.argv.slice(2).filter((word) => word !== '--part');

ensureInstalled();
ensureBuilt();

const env = { ...ownEnv };
const variables = {};
if (existsSync(archive)) {
  env.PATH = variables.PATH = [join(shared, 'bin'), env.PATH].join(delimiter);
  variables.KUBEDRILL_NODE_IMAGE = image;
}
if (part) variables.KUBEDRILL_CONTRACT = 'part';

const tally = new Tally(variables);
let daemon;
await tally.of(async () => {
  try {
    daemon = await ensureDocker();
    loadImage();
    // The contract of providers, a lab as its user sees it, and (not in a part) faults of the machine.
    const files = part ? ['test/contract/kind.test.ts', 'test/contract/kind-lab.test.ts'] : [];
    await tally.suite('kind', 'kind', {}, files);
    // Scenarios on kind beside the same on embedded clusters.
    await tally.verify('pack verify --provider kind', { args: ['--provider', 'kind', ...(part ? few : []), ...more] });
  } finally {
    if (daemon) await stop(daemon);
  }
});

/** Starts the Docker daemon if it is installed, is not running, and we may; returns it, to be stopped. */
async function ensureDocker() {
  if (docker('info').status === 0) return undefined;
  const installed = spawnSync('dockerd', ['--version'], { env }).status === 0;
  if (!installed || process.getuid?.() !== 0) throw new Error('Docker is not running');
  const child = spawn('dockerd', [], { stdio: 'ignore', env });
  for (let tries = 0; tries < 60; tries++) {
    if (docker('info').status === 0) return child;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  child.kill();
  throw new Error('dockerd does not start');
}

function stop(child) {
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}

function loadImage() {
  if (!existsSync(archive) || docker('image', 'inspect', image).status === 0) return;
  const result = spawnSync('sh', ['-c', 'xz -dc "$1" | docker load', 'sh', archive], { env, stdio: 'inherit' });
  if (result.status !== 0) throw new Error('the node image could not be loaded');
}

function docker(...args) {
  return spawnSync('docker', args, { env, stdio: 'ignore' });
}

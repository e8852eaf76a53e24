// `npm run test:kind`: what has to hold on real clusters. `--part`: what fits into a quarter of an hour.
// Needs Docker and kind; with a node image beside the project (../shared/kind) neither internet nor an own kind.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ensureBuilt, ensureInstalled, env as ownEnv, projectNode, root } from './ensure.mjs';

const part = process.argv.includes('--part');
const shared = join(root, '..', 'shared', 'kind');
const archive = join(shared, 'node-image.tar.xz');
const image = 'kubedrill-node:v1.35.4';
const flagship = 'forbidden-deployment';

ensureInstalled();
ensureBuilt();

const env = { ...ownEnv };
if (existsSync(archive)) {
  env.PATH = [join(shared, 'bin'), env.PATH].join(delimiter);
  env.KUBEDRILL_NODE_IMAGE = image;
}
if (part) env.KUBEDRILL_CONTRACT = 'part';

const totals = { passed: 0, failed: 0 };
const scratch = mkdtempSync(join(tmpdir(), 'kubedrill-kind-'));
let daemon;
try {
  daemon = await ensureDocker();
  loadImage();
  await suite();
  verify();
} catch (error) {
  console.log(error.message);
  totals.failed++;
} finally {
  rmSync(scratch, { recursive: true, force: true });
  if (daemon) await stop(daemon);
}
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;

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

/** The contract of providers on kind, a lab as its user sees it, and (not in a part) faults of the machine. */
async function suite() {
  const report = join(scratch, 'kind.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const files = part ? ['test/contract/kind.test.ts', 'test/contract/kind-lab.test.ts'] : [];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = ['run', '--project', 'kind', ...reporters, ...files];
  await new Promise((resolve) => {
    const child = spawn(projectNode(), [vitest, ...args], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('exit', resolve);
  });
  if (!existsSync(report)) throw new Error('vitest wrote no report');
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const broken = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
  count('kind', numPassedTests, numFailedTests + broken);
}

/** Scenarios on kind beside the same on embedded clusters. */
function verify() {
  const args = ['pack', 'verify', '--cluster', 'kind', '--json', ...(part ? ['--scenario', flagship] : [])];
  const result = spawnSync(projectNode(), [join(root, 'bin', 'kubedrill.js'), ...args], {
    cwd: root,
    env: { ...env, XDG_STATE_HOME: join(scratch, 'state') },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const report = JSON.parse(result.stdout);
  if (!report.scenarios) throw new Error(`pack verify --cluster kind: ${result.stdout}`);
  const proofs = report.scenarios.flatMap((s) =>
    [s.untouched, ...s.solutions, ...s.mistakes].map((p) => ({ scenario: s.id, ...p })),
  );
  for (const proof of proofs.filter((p) => !p.ok)) console.log('pack verify:', JSON.stringify(proof));
  for (const difference of report.differences) console.log('pack verify:', difference);
  const failed = proofs.filter((p) => !p.ok).length + report.differences.length;
  count('pack verify --cluster kind', proofs.filter((p) => p.ok).length, failed);
}

function count(name, passed, failed) {
  totals.passed += passed;
  totals.failed += failed;
  console.log(`== ${name}: ${passed} passed, ${failed} failed`);
}

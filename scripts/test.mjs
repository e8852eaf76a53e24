// `npm test`: installs what is missing, then runs every check and adds up what passed and failed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ensureBuilt, ensureInstalled, env, projectNode, root } from './ensure.mjs';

ensureInstalled();
ensureBuilt();

const scratch = mkdtempSync(join(tmpdir(), 'kubedrill-test-'));
const totals = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
/** What failed, said once more at the end: the log above it is long. */
const details = [];

/** One command that passes or fails as a whole. */
async function step(name, file, ...args) {
  const code = await run(name, file, args);
  count(name, code === 0 ? 1 : 0, code === 0 ? 0 : 1);
}

/** A vitest run with more environment variables, counted test by test. */
async function suite(name, args, variables = {}) {
  const report = join(scratch, `${name.replace(/\W/g, '-')}.json`);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const code = await run(
    name,
    vitest,
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args],
    variables,
  );
  if (!existsSync(report)) return count(name, 0, 1);
  const {
    numPassedTests = 0,
    numFailedTests = 0,
    numPendingTests = 0,
    testResults = [],
  } = JSON.parse(readFileSync(report, 'utf8'));
  // A file that does not load has no tests, but it is a failure all the same.
  const broken = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  for (const file of broken) details.push(`${relative(root, file.name)}\n${file.message}`);
  for (const file of testResults)
    for (const test of file.assertionResults.filter((one) => one.status === 'failed'))
      details.push(`${relative(root, file.name)}: ${test.fullName}\n${test.failureMessages.join('\n')}`);
  const failed = numFailedTests + broken.length;
  count(name, numPassedTests, failed === 0 && code !== 0 ? 1 : failed, numPendingTests);
}

/** `pack verify` of the built-in packs, or as `args` say: each untouched run, solution and mistake counts. */
function verify(name, { packs = [], args = [] } = {}) {
  console.log(`== ${name}`);
  const kubedrill = (...command) =>
    spawnSync(projectNode(), [join(root, 'bin', 'kubedrill.js'), 'pack', ...command, ...packs, '--json'], {
      cwd: root,
      env: { ...env, XDG_STATE_HOME: join(scratch, 'state'), XDG_CONFIG_HOME: join(scratch, 'config') },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  if (packs.length > 0) kubedrill('trust');
  const result = kubedrill('verify', ...args);
  let report;
  try {
    report = JSON.parse(result.stdout);
  } catch {
    console.log(result.stdout);
    return count(name, 0, 1);
  }
  const proofs = report.scenarios.flatMap((s) =>
    [s.untouched, ...s.solutions, ...s.mistakes].map((p) => ({ scenario: s.id, ...p })),
  );
  for (const proof of proofs.filter((p) => !p.ok)) details.push(`${name}: ${JSON.stringify(proof)}`);
  count(name, proofs.filter((p) => p.ok).length, proofs.filter((p) => !p.ok).length || (report.ok ? 0 : 1));
}

function count(name, passed, failed, skipped = 0) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
  if (failed > 0) failures.push(name);
  console.log(`== ${name}: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
}

function run(name, file, args, variables = {}) {
  console.log(`== ${name}`);
  return new Promise((resolve) => {
    const child = spawn(projectNode(), [file, ...args], {
      cwd: root,
      env: { ...env, ...variables },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

try {
  await step('types', join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.');
  await step(
    'lint',
    join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome'),
    'ci',
    '--colors=off',
    '--error-on-warnings',
    '.',
  );
  await step(
    'layers',
    join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
    '--config',
    '.dependency-cruiser.cjs',
    'src',
  );
  await step('unused', join(root, 'node_modules', 'knip', 'bin', 'knip.js'));
  await suite('tests', ['--project', 'unit']);
  await suite('conformance', ['--project', 'conformance']);
  await suite('contract', ['--project', 'contract'], { KUBEDRILL_CONTRACT: 'part' });
  await suite('red team', ['--project', 'redteam'], { KUBEDRILL_REDTEAM: 'part' });
  verify('pack verify');
  verify('pack verify of samples', { packs: [join('fixtures', 'packs', 'samples')] });
  // All of them with all names: `npm run test:seeds`.
  verify('pack verify with other names', { args: ['--scenario', 'who-can', '--seeds', '3'] });
  await suite('end to end', ['--project', 'e2e']);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
for (const detail of details) console.log(`-- ${detail}`);
if (failures.length > 0) console.log(`failed: ${failures.join(', ')}`);
console.log(`${totals.passed} passed, ${totals.failed} failed${totals.skipped ? `, ${totals.skipped} skipped` : ''}`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;

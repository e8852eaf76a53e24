// What a landing runs: `npm test`, and a part of `npm run test:kind` where kind's node image lies beside the project.
// The last line is the sum of both.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const summary = /^(\d+) passed, (\d+) failed/;
const totals = { passed: 0, failed: 0 };

await run('npm', 'test');
if (existsSync(join(root, '..', 'shared', 'kind', 'node-image.tar.xz')) && ensureDocker()) {
  await run(process.execPath, join(root, 'scripts', 'test-kind.mjs'), '--part');
}
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;

/** Runs a command, passes its output on but for its closing line, and adds that up. */
function run(file, ...args) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let last;
    createInterface(child.stdout).on('line', (line) => {
      const match = summary.exec(line);
      if (match) last = match;
      else console.log(line);
    });
    child.on('close', (code) => {
      totals.passed += Number(last?.[1] ?? 0);
      totals.failed += last ? Number(last[2]) : 1;
      if (code !== 0 && last && Number(last[2]) === 0) totals.failed++;
      resolve();
    });
  });
}

/** True if there is a Docker daemon to be had: it runs, is installed, or can be installed. */
function ensureDocker() {
  const works = (...command) => spawnSync(command[0], command.slice(1), { stdio: 'ignore' }).status === 0;
  if (works('docker', 'info') || works('dockerd', '--version')) return true;
  if (process.getuid?.() !== 0 || !works('apt-get', '--version')) return false;
  console.log('== installing Docker');
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  spawnSync('apt-get', ['update', '-qq'], quiet);
  return spawnSync('apt-get', ['install', '-y', '-qq', 'docker.io'], quiet).status === 0;
}

#!/usr/bin/env node
// Plain JavaScript that any Node can read: it finds a Node that is new enough, then loads the bundle.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const needed = '22.13';
/** A checkout has its own Node and can be built; a package is as it is. */
const isCheckout = existsSync(join(root, 'package-lock.json'));

if (!isNewEnough()) runWithNewerNode();
else if (existsSync(join(root, 'dist', 'main.js'))) runHere();
else refuse('dist/ is missing', isCheckout ? 'npm run build' : 'npm install -g kubedrill');

function isNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [neededMajor, neededMinor] = needed.split('.').map(Number);
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}

function runHere() {
  // Compiled code is kept between runs: most of what a start takes.
  const wanted = process.env.XDG_CACHE_HOME || '';
  const cache = wanted.startsWith('/') ? wanted : join(homedir(), '.cache');
  module.enableCompileCache(join(cache, 'kubedrill', 'code'));
  return import('../dist/main.js').then(({ main }) => main(process.argv.slice(2)));
}

/** The `node` package of npm, which a checkout has, brings a newer Node: its process takes our place. */
function runWithNewerNode() {
  const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    const asked = process.argv[2];
    if (asked === '--version' || asked === '-V') {
      console.log(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
      return;
    }
    refuse(
      `needs Node ${needed} or newer, this is ${process.versions.node} (${process.execPath})`,
      isCheckout
        ? `npm install in ${root}`
        : `install Node ${needed} or newer (https://nodejs.org), then start it again`,
    );
    return;
  }
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 + constants.signals[signal] : code;
  });
}

function refuse(what, next) {
  console.error(`kubedrill: ${what}\nnext: ${next}`);
  process.exitCode = 3;
}

#!/usr/bin/env node
// Plain JavaScript that any Node can read: it finds a Node that is new enough, then loads the bundle.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const oldest = 22;

if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  console.log(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
} else if (Number(process.versions.node.split('.')[0]) < oldest) {
  runWithNewerNode();
} else if (!existsSync(join(root, 'dist', 'main.js'))) {
  console.error('kubedrill: dist/ is missing: this is a source tree that has not been built.\nnext: npm run build');
  process.exitCode = 3;
} else {
  // Compiled code is kept between runs: most of what a start takes.
  const cache = process.env.XDG_CACHE_HOME?.startsWith('/') ? process.env.XDG_CACHE_HOME : join(homedir(), '.cache');
  module.enableCompileCache?.(join(cache, 'kubedrill', 'code'));
  const { main } = await import('../dist/main.js');
  await main(process.argv.slice(2));
}

/** The `node` package of npm brings a newer Node; its process takes our place: streams, signals and exit code. */
function runWithNewerNode() {
  const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    console.error(
      `kubedrill: needs Node ${oldest} or newer, this is ${process.versions.node}.\nnext: install Node ${oldest}+, or run npm install in ${root}`,
    );
    process.exitCode = 3;
    return;
  }
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 + constants.signals[signal] : (code ?? 70);
  });
}

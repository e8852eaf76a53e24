// What `npm start` and `npm test` do before anything is installed: plain Node 20, no dependencies.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');

/** The environment in which the project's own tools, and its Node, come first. */
export const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };

/** The Node that the `node` package brought, else the one we run on. */
export function projectNode() {
  const own = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(own) ? own : process.execPath;
}

/** Installs the dependencies if the lock file is not the one that was installed last. */
export function ensureInstalled() {
  const stamp = join(root, 'node_modules', '.kubedrill-installed');
  const wanted = hash(readFileSync(join(root, 'package-lock.json')));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('kubedrill: installing dependencies (once)');
  const arguments_ = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const result = npm
    ? spawnSync(process.execPath, [npm, ...arguments_], { cwd: root, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', arguments_, { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) fail('the dependencies could not be installed', 'mend what npm says above, then try again');
  writeFileSync(stamp, wanted);
}

/** Builds dist/ if a source is newer than what it was built from. */
export function ensureBuilt() {
  const stamp = join(root, 'dist', '.built-from');
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('kubedrill: building');
  const result = spawnSync(projectNode(), [join(root, 'scripts', 'build.mjs')], {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
  });
  if (result.status !== 0) fail('the build failed', 'npm run build');
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Names, sizes and times of all that goes into dist/. */
function fingerprint() {
  const parts = [];
  const visit = (path) => {
    const stat = statSync(path);
    if (stat.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else parts.push(`${path.slice(root.length)} ${stat.size} ${stat.mtimeMs}`);
  };
  for (const name of ['src', 'package.json', 'package-lock.json', 'scripts']) visit(join(root, name));
  return hash(parts.join('\n'));
}

function hash(data) {
  return createHash('sha256').update(data).digest('hex');
}

function fail(what, next) {
  console.error(`kubedrill: ${what}\nnext: ${next}`);
  process.exit(3);
}

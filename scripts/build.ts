/**
 * What `scripts/build.mjs` runs: makes dist/ (one bundle, split only where something is loaded late), the texts of
 * `kubectl explain`, the list of the built-in scenarios, the notices of others' licences, the manual page, and
 * `build.json`, which names the build.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Build } from '../src/kernel/build.ts';
import { Catalog } from '../src/scenario/catalog.ts';
import { entryOf, fingerprintOf, type Overview } from '../src/scenario/overview.ts';
import { bundle } from './bundle.ts';
import { descriptions } from './extract-descriptions.ts';
import { manualPage } from './manual-page.ts';
import { noticesPlugins } from './notices.ts';

const root = join(import.meta.dirname, '..');

// Built beside and then put in place: a build that fails, or runs while the program does, takes nothing away.
const [dist, fresh, old] = ['dist', 'dist.new', 'dist.old'].map((name) => join(root, name)) as [string, string, string];
const entry = { main: 'src/main.ts', watchdog: 'src/daemon/watchdog-thread.ts' };
await bundle(entry, 'dist.new', { plugins: noticesPlugins() });
writeFileSync(join(fresh, 'descriptions.json.br'), descriptions());
writeFileSync(join(fresh, 'scenarios.json'), JSON.stringify(scenarioEntries()));
const created: Build = { version: packageVersion(), digest: digestOf(fresh), ...commit() };
writeFileSync(join(fresh, 'build.json'), `${JSON.stringify(created, undefined, 2)}\n`);
writeFileSync(join(fresh, 'kubedrill.1'), manualPage(created));
rmSync(old, { recursive: true, force: true });
if (existsSync(dist)) renameSync(dist, old);
renameSync(fresh, dist);
rmSync(old, { recursive: true, force: true });

/** The entries of the built-in packs: reading them takes longer than a first list may. */
function scenarioEntries(): Overview {
  const catalog = new Catalog(join(root, 'scenarios'));
  const packs = catalog.packFolders();
  return Object.fromEntries(packs.map((pack) => [fingerprintOf(pack), catalog.scenariosIn(pack).map(entryOf)]));
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

/** Of all files of a folder, their names and contents: the first 12 hexadecimal digits. */
function digestOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
  return hash.digest('hex').slice(0, 12);
}

/** The commit of the checkout that this is, if it is one. */
function commit(): { commit?: string } {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  // An unpacked archive may lie inside of somebody else's repository.
  if (!existsSync(join(root, '.git'))) return {};
  const { status, stdout } = git('describe', '--always', '--dirty', '--abbrev=9', '--exclude=*');
  return status === 0 ? { commit: stdout.trim() } : {};
}

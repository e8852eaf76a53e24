// `npm run build`: makes dist/ (one bundle, split only where something is loaded late).
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { env, projectNode, root } from './ensure.mjs';

// Built beside and then put in place: a build that fails, or runs while the program does, takes nothing away.
const dist = join(root, 'dist');
const [fresh, old] = [`${dist}.new`, `${dist}.old`];
run(join(root, 'node_modules', 'tsdown', 'dist', 'run.mjs'), '--logLevel', 'error', '--out-dir', fresh);
rmSync(old, { recursive: true, force: true });
if (existsSync(dist)) renameSync(dist, old);
renameSync(fresh, dist);
rmSync(old, { recursive: true, force: true });
const descriptions = join(root, 'scripts', 'extract-descriptions.ts');
if (existsSync(descriptions)) run(descriptions);

function run(...command) {
  const result = spawnSync(projectNode(), command, { cwd: root, env, stdio: 'inherit' });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

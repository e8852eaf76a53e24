// `npm run build`: makes dist/ (one bundle, split only where something is loaded late).
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { env, projectNode, root } from './ensure.mjs';

run(join(root, 'node_modules', 'tsdown', 'dist', 'run.mjs'), '--logLevel', 'error');
const descriptions = join(root, 'scripts', 'extract-descriptions.ts');
if (existsSync(descriptions)) run(descriptions);

function run(...command) {
  const result = spawnSync(projectNode(), command, { cwd: root, env, stdio: 'inherit' });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

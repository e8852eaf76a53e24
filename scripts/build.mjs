// `npm run build` and what `npm pack` does first: installs what is missing, then makes dist/.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, env, projectNode, root } from './ensure.mjs';

ensureInstalled();
const built = spawnSync(projectNode(), [join(root, 'scripts', 'build.ts')], { cwd: root, env, stdio: 'inherit' });
process.exit(built.status ?? 1);

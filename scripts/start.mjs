// `npm start`: installs what is missing, builds what is stale, opens the app.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, projectNode, root } from './ensure.mjs';

ensureInstalled();
ensureBuilt();
const child = spawn(projectNode(), [join(root, 'bin', 'kubedrill.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 128 + constants.signals[signal] : (code ?? 70);
});

// `npm run quick`: types, lint, and the unit tests that what was changed reaches, from the sources; of those that start whole
// clusters only what was changed itself. While working; `npm test` is
// what counts. `npm run quick -- main` takes what differs from a branch or commit instead of what is not committed.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, env, projectNode, root } from './ensure.mjs';
import { quickTests } from './quick-tests.mjs';

ensureInstalled();

const [since = 'HEAD'] = process.argv.slice(2);
const module = (...parts) => join(root, 'node_modules', ...parts);
const codes = await Promise.all([
  run(module('typescript', 'bin', 'tsc'), '-p', '.'),
  run(
    module('@biomejs', 'biome', 'bin', 'biome'),
    'check',
    '--changed',
    `--since=${since}`,
    '--no-errors-on-unmatched',
  ),
  run(
    module('vitest', 'vitest.mjs'),
    'run',
    '--project',
    'unit',
    '--changed',
    since,
    '--passWithNoTests',
    ...quickTests(since),
  ),
]);
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;

function run(...args) {
  const child = spawn(projectNode(), args, { cwd: root, env, stdio: 'inherit' });
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}

// `npm run fuzz`: the properties of the tests with values of their own in each round, until one fails. `-- 100`: so many rounds.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, env, projectNode, root } from './ensure.mjs';

const rounds = Number(process.argv[2] ?? 10);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error('usage: npm run fuzz [-- ROUNDS]');
  process.exit(2);
}
ensureInstalled();

const files = globSync('test/**/*.test.{ts,tsx}', { cwd: root }).filter((file) =>
  readFileSync(join(root, file), 'utf8').includes('helpers/fast-check.ts'),
);
const vitest = [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', 'unit', ...files];

for (let round = 1; round <= rounds; round++) {
  console.log(`round ${round} of ${rounds}`);
  const { status } = spawnSync(projectNode(), vitest, {
    cwd: root,
    env: { ...env, KUBEDRILL_FUZZ: '1' },
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}

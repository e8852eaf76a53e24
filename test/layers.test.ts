import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from './helpers/temporary.ts';

const root = join(import.meta.dirname, '..');
const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

/** What the rules of this project say of files, each given by what it imports types from: `rule: from -> to`. */
async function violations(files: Readonly<Record<string, readonly string[]>>): Promise<string[]> {
  const folder = temporaryFolder();
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  put('tsconfig.json', '{}');
  for (const path of Object.values(files).flat()) put(path, 'export interface It {}\n');
  for (const [path, imported] of Object.entries(files)) {
    const up = '../'.repeat(path.split('/').length - 1);
    const lines = imported.map((other, i) => `import type { It as It${i} } from '${up}${other}';\n`);
    put(path, `${lines.join('')}export interface It {}\n`);
  }
  const options = ['--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json', 'src'];
  // It ends with the number of violations.
  const { stdout } = await promisify(execFile)(process.execPath, [cruiser, ...options], { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  );
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { from: string; to: string; rule: { name: string } }[] };
  };
  return summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`).sort();
}

it('lets arrows point down, through the door of the simulator', async () => {
  expect(
    await violations({
      'src/main.ts': ['src/commands/run.ts', 'src/embedded/container/index.ts'],
      'src/commands/run.ts': ['src/session/attempt.ts'],
      'src/embedded/cluster.ts': ['src/embedded/cluster/parts.ts'],
      'src/embedded/registry/core.ts': ['src/embedded/definition.ts', 'src/kube/meta.ts'],
      'src/embedded/container/sh/shell.ts': ['src/embedded/container/kernel/process.ts'],
      'src/embedded/container/kernel/process.ts': ['src/embedded/node-api.ts'],
    }),
  ).toEqual([]);
});

it('refuses imports against a table, of types too', async () => {
  expect(
    await violations({
      'src/kernel/clock.ts': ['src/session/attempt.ts'],
      'src/embedded/host.ts': ['src/checks/registry.ts'],
      'src/checks/workloads/exec.ts': ['src/main.ts'],
      'src/embedded/registry/core.ts': ['src/embedded/admission/types.ts'],
      'src/embedded/definition.ts': ['src/embedded/registry/types.ts'],
      'src/embedded/container/kernel/process.ts': ['src/embedded/container/images/types.ts'],
      'src/embedded/container/programs/ls.ts': ['src/embedded/registry/keys.ts'],
    }),
  ).toEqual([
    'layers: src/checks: src/checks/workloads/exec.ts -> src/main.ts',
    'layers: src/embedded/container/kernel: src/embedded/container/kernel/process.ts -> src/embedded/container/images/types.ts',
    'layers: src/embedded/container: src/embedded/container/programs/ls.ts -> src/embedded/registry/keys.ts',
    'layers: src/embedded/objects: src/embedded/definition.ts -> src/embedded/registry/types.ts',
    'layers: src/embedded/registry: src/embedded/registry/core.ts -> src/embedded/admission/types.ts',
    'layers: src/embedded: src/embedded/host.ts -> src/checks/registry.ts',
    'layers: src/kernel: src/kernel/clock.ts -> src/session/attempt.ts',
  ]);
});

it('refuses what passes by the door of the simulator', async () => {
  expect(await violations({ 'src/daemon/provider.ts': ['src/embedded/container/runtime.ts'] })).toEqual([
    'container-door: src/daemon/provider.ts -> src/embedded/container/runtime.ts',
  ]);
});

it('refuses the inside of another program', async () => {
  const programs = 'src/embedded/container/programs';
  expect(
    await violations({
      [`${programs}/top.ts`]: [`${programs}/jq/index.ts`, `${programs}/ps.ts`],
      [`${programs}/jq/machine.ts`]: [`${programs}/jq/parser.ts`, `${programs}/vi/index.ts`],
      [`${programs}/python.ts`]: [`${programs}/jq/parser.ts`],
      [`${programs}/awk/run.ts`]: [`${programs}/sed/script.ts`],
    }),
  ).toEqual([
    `program-door: ${programs}/awk/run.ts -> ${programs}/sed/script.ts`,
    `program-door: ${programs}/python.ts -> ${programs}/jq/parser.ts`,
  ]);
});

it('refuses circles of types', async () => {
  const [a, b] = ['src/embedded/container/programs/vi/a.ts', 'src/embedded/container/programs/vi/b.ts'];
  expect(await violations({ [a]: [b], [b]: [a] })).toEqual([`no-circular: ${a} -> ${b}`]);
});

it('refuses files that are in no room', async () => {
  const files = { 'src/attic/old.ts': ['src/kernel/clock.ts'], 'src/embedded/stray.ts': ['src/kube/meta.ts'] };
  expect(await violations(files)).toEqual([
    'layers: src/?: src/attic/old.ts -> src/kernel/clock.ts',
    'layers: src/embedded/?: src/embedded/stray.ts -> src/kube/meta.ts',
  ]);
});

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openSplit } from '../../src/session/split.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubedrill-split-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Multiplexers that write down what they were told, one argument a line. */
for (const name of ['tmux', 'zellij', 'wezterm']) {
  writeFileSync(join(folder, name), `#!/bin/sh\nprintf '%s\\n' ${name} "$@" > "${folder}/told"\n`);
  chmodSync(join(folder, name), 0o755);
}

it.each([
  ['tmux', 'TMUX', 'tmux split-window -h'],
  ['zellij', 'ZELLIJ', 'zellij run --direction right --close-on-exit --'],
  ['WezTerm', 'WEZTERM_PANE', 'wezterm cli split-pane --right --'],
])('opens the shell in a split of %s', async (name, variable, command) => {
  const env = { PATH: `${folder}:/usr/bin:/bin`, HOME: "/home/o'neill $x", [variable]: '0' };
  expect(await openSplit('lab-1', env)).toBe(name);
  const told = readFileSync(join(folder, 'told'), 'utf8').trimEnd().split('\n');
  const words = command.split(' ');
  expect(told.slice(0, words.length)).toEqual(words);
  expect(told.slice(words.length)).toEqual([
    'env',
    "HOME=/home/o'neill $x",
    `PATH=${folder}:/usr/bin:/bin`,
    process.execPath,
    expect.any(String),
    'shell',
    '--attempt',
    'lab-1',
  ]);
});

it('opens none where no multiplexer runs', async () => {
  expect(await openSplit('lab-1', { PATH: folder })).toBeUndefined();
});

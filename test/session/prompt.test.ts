import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resolvePaths } from '../../src/kernel/paths.ts';
import { PromptStatus, promptLines, statusFile } from '../../src/session/prompt.ts';
import { labState } from '../tui/fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), "kubedrill's prompt-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'status');

/** How each shell is made to print its prompt. */
const shells = {
  bash: {
    args: ['--norc', '-c'],
    before: "PS1='own $ '",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    after: '(exit 3); __kubedrill_prompt; echo "$?${PS1@P}"',
    sees: '3',
  },
  zsh: { args: ['-f', '-c'], before: "PROMPT='own $ '", after: '__kubedrill_prompt; print -P -- "$PROMPT"', sees: '' },
  fish: {
    args: ['--no-config', '-c'],
    before: "function fish_prompt; printf '%sown $ ' $status; end",
    after: 'function three; return 3; end; three; fish_prompt',
    sees: '',
  },
  sh: { args: ['-c'], before: '', after: 'eval "echo \\"$PS1\\""', sees: '' },
} as const;

describe.each(Object.entries(shells))('the prompt of %s', (name, { args, before, after, sees }) => {
  const isThere = spawnSync(name, ['-c', 'true']).status === 0;
  const prompt = (status: string | undefined) => {
    rmSync(file, { force: true });
    if (status !== undefined) writeFileSync(file, status);
    const lines = [before, ...promptLines(name as keyof typeof shells, { label: 'my-lab', status: file }), after];
    const { stdout, stderr } = spawnSync(name, [...args, lines.join('\n')], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout.trim();
  };

  it.runIf(isThere)(`shows score and time, and the own prompt behind them (needs ${name})`, () => {
    const own = { sh: '$', fish: '3own $' }[name as string] ?? 'own $';
    expect(prompt('40 100 372 0\n')).toBe(`${sees}(my-lab) 40/100 06:12 ${own}`);
    // It goes on by itself while the clock runs.
    const began = Math.floor(Date.now() / 1000) - 3_725;
    expect(prompt(`0 100 0 ${began}\n`)).toMatch(/\(my-lab\) 0\/100 62:0[5-9] /);
    expect(prompt(undefined)).toBe(`${sees}(my-lab) ${own}`);
  });
});

it('is that of a host, with the folder, where an exam has one', () => {
  const lines = promptLines('bash', { host: 'candidate@ckad1234' });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is for bash
  const shown = spawnSync('bash', ['-c', [...lines, 'cd /; echo "${PS1@P}"'].join('\n')], { encoding: 'utf8' });
  expect(shown.stdout).toBe('candidate@ckad1234:/$ \n');
});

it('is written when score or clock change, and left alone while the clock just goes on', async () => {
  const paths = resolvePaths({ HOME: folder });
  const status = new PromptStatus(paths);
  const state = labState({ worked: 60_000, running: true });
  const read = () => readFileSync(statusFile(paths, state.id), 'utf8');
  await status.show(state, 1_000_000);
  expect(read()).toBe('0 100 0 940\n');
  writeFileSync(statusFile(paths, state.id), 'untouched');
  await status.show({ ...state, worked: 65_000 }, 1_005_000);
  expect(read()).toBe('untouched');
  await status.show({ ...state, worked: 66_000, score: 30, running: false }, 1_006_000);
  expect(read()).toBe('30 100 66 0\n');
});

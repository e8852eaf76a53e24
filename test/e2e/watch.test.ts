import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';

const waiting = 'waiting for changes; Ctrl-C ends it';
let user: Sandbox;

beforeAll(async () => {
  user = await Sandbox.create();
  for (const id of ['first', 'second']) await user.run(['pack', 'new', id, '--pack', join(user.folder, 'mine')]);
});
afterAll(() => user.dispose());

/** How often it has waited, and with what on the screen. */
const rounds = (count: number) => (text: string) => text.split(waiting).length === count + 1;

function change(file: string, from: string | RegExp, to: string): void {
  const path = join(user.folder, 'mine', file);
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
}

it('lints what changed as soon as it is written', async () => {
  const terminal = user.terminal(['pack', 'lint', 'mine', '--watch']);
  await terminal.until(rounds(1));
  expect(terminal.text()).toMatch(/^nothing to find fault with\n/);
  change('second/scenario.yaml', 'minutes:', 'minuets:');
  await terminal.until(rounds(2));
  expect(terminal.text().replaceAll('\n', '')).toMatch(/mine\/second changed✘ .*unknown field "minuets"; did you mean/);
  change('second/scenario.yaml', 'minuets:', 'minutes:');
  await terminal.until(rounds(3));
  expect(terminal.text()).toMatch(/mine\/second changed\nnothing to find fault with\nwaiting[^\n]*\s*$/);
  terminal.type('\u0003');
  expect(await terminal.exited).toBe(130);
});

it('proves what changed as soon as it is written', async () => {
  const terminal = user.terminal(['pack', 'verify', 'mine', '--watch', '--scenario', 'second'], { rows: 60 });
  await terminal.until(rounds(1));
  expect(terminal.text()).toContain('✔ mine/second\n');
  change('second/scenario.yaml', 'kind: Scenario', 'kind: Scenary');
  await terminal.until(rounds(2));
  expect(terminal.text()).toMatch(/expected "Scenario"\s+next: edit /);
  change('second/scenario.yaml', 'kind: Scenary', 'kind: Scenario');
  change('first/task.md', /$/, '\nQuickly.\n');
  await terminal.until(rounds(3));
  expect(terminal.text().split('✔ mine/second\n')).toHaveLength(3);
  expect(terminal.text()).not.toContain('mine/first');
  terminal.type('\u0003');
  expect(await terminal.exited).toBe(130);
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { root, Sandbox } from './sandbox.ts';
import type { Terminal } from './terminal.ts';

/** What a learner did in the app: keys there, commands in its shell, and what each brought to sight. */
const walkSchema = z.strictObject({
  about: z.string(),
  scenario: z.string(),
  steps: z.array(
    z.union([
      // A key of the app, and what the screen shows then.
      z.strictObject({ press: z.string(), see: z.string() }),
      // Into the shell.
      z.literal('shell'),
      // A command in the shell, and what it shows, a regular expression.
      z.strictObject({ run: z.string(), see: z.string() }),
      // Out of the shell, and what the app shows then.
      z.strictObject({ leave: z.string() }),
    ]),
  ),
});
type Step = z.infer<typeof walkSchema>['steps'][number];

const folder = join(root, 'fixtures', 'walks');
const walks = readdirSync(folder).map((name) => walkSchema.parse(parse(readFileSync(join(folder, name), 'utf8'))));
const named: Record<string, string> = { Enter: '\r', Escape: '\u001b' };

/** What is in the shell's pane, from the line `from` on: blank ends are cut, but for the one behind a prompt. */
function shellText(terminal: Terminal, from?: string): string {
  const [, title = '', ...rows] = terminal.screen();
  const at = title.search(/(▸ )?Shell ─/);
  const lines = at < 0 ? [] : rows.slice(0, -1).map((row) => row.slice(at).trimEnd());
  const begin = from === undefined ? 0 : lines.lastIndexOf(from) + 1;
  return from !== undefined && begin === 0 ? '' : `${lines.slice(begin).join('\n').trimEnd()} `;
}

let taken = 0;

async function take(terminal: Terminal, step: Step): Promise<void> {
  if (step === 'shell') {
    terminal.type('s');
    return terminal.until(() => /[$#] $/.test(shellText(terminal)) && terminal.text().includes('▸ Shell'));
  }
  if ('press' in step) {
    terminal.type(named[step.press] ?? step.press);
    return terminal.until(new RegExp(step.see));
  }
  if ('leave' in step) {
    terminal.type('exit\r');
    return terminal.until((text) => !text.includes('▸ Shell') && text.includes(step.leave));
  }
  // What is on the screen may be there from before.
  const mark = `step-${++taken}`;
  terminal.type(`echo ${mark}; ${step.run}\r`);
  await terminal.until(() => new RegExp(step.see, 'm').test(shellText(terminal, mark)));
}

describe('a walk through a scenario in the app', () => {
  let user: Sandbox;
  beforeAll(async () => {
    user = await Sandbox.create();
  });
  afterAll(() => user.dispose());

  it.each(walks)('$scenario: $about', async ({ scenario, steps }) => {
    const terminal = user.terminal([scenario], { columns: 200, rows: 60 });
    await terminal.until(/✘ /);
    for (const step of steps) await take(terminal, step);
    terminal.type('q');
    expect(await terminal.exited).toBe(0);
    expect((await user.run(['stop'])).code).toBe(0);
  });
});

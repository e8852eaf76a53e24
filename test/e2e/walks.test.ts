import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
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

async function take(terminal: Terminal, step: Step): Promise<void> {
  const before = terminal.raw().length;
  // What is on the screen may be there from before.
  const shownSince = (wanted: RegExp) => () => {
    const [, ...lines] = stripVTControlCharacters(terminal.raw().slice(before)).split(/\r?\n/);
    return wanted.test(lines.join('\n'));
  };
  if (step === 'shell') {
    terminal.type('s');
    return terminal.until(shownSince(/leave it[\s\S]*[$#] $/));
  }
  if ('press' in step) {
    terminal.type(named[step.press] ?? step.press);
    return terminal.until(new RegExp(step.see));
  }
  if ('leave' in step) {
    terminal.type('exit\r');
    return terminal.until((text) => terminal.alternate && text.includes(step.leave));
  }
  // What the command shows comes after the line that it was typed on.
  terminal.type(`${step.run}\r`);
  await terminal.until(shownSince(new RegExp(step.see, 'm')));
}

describe('a walk through a scenario in the app', () => {
  let user: Sandbox;
  beforeAll(async () => {
    user = await Sandbox.create();
  });
  afterAll(() => user.dispose());

  it.each(walks)('$scenario: $about', async ({ scenario, steps }) => {
    const terminal = user.terminal([scenario], { columns: 120, rows: 40 });
    await terminal.until(/✘ /);
    for (const step of steps) await take(terminal, step);
    terminal.type('q');
    expect(await terminal.exited).toBe(0);
    expect((await user.run(['stop'])).code).toBe(0);
  });
});

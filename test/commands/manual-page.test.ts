import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { commandsOf, completeProgram, manualPage } from '../../scripts/manual-page.ts';

const page = manualPage({ version: '1.2.3', digest: '0123456789ab' });
/** The part of each command as a reader sees it, without what the macros need; the program's own is the first. */
const sections = page.split('\n.SS ').map((text) =>
  text
    .replaceAll(/^\.\w+ /gm, '')
    .replaceAll('\\-', '-')
    .replaceAll('\\(dq', '"'),
);

function all(command: Command, above = ''): { name: string; command: Command }[] {
  const name = `${above}${command.name()}`;
  return [{ name, command }, ...commandsOf(command).flatMap((sub) => all(sub, `${name} `))];
}

it('names every command with all of its options and what each does', () => {
  const commands = all(completeProgram('1.2.3'));
  expect(commands.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['kubedrill pack verify', 'kubedrill doctor']),
  );
  for (const { name, command } of commands) {
    const section = name === 'kubedrill' ? sections[0] : sections.find((text) => text.startsWith(`${name}\n`));
    expect(section, name).toContain(command.description());
    for (const { flags, description } of command.createHelp().visibleOptions(command))
      expect(section, name).toContain(`\n${flags}\n${description}`);
  }
});

it('is text that man(7) prints as it stands', () => {
  const lines = page.split('\n');
  const macros = /^\.(TH|SH|SS|PP|TP|B|BR)( |$)/;
  expect(lines.filter((line) => /^[.']/.test(line) && !macros.test(line))).toEqual([]);
  expect(lines.filter((line) => /\\(?![-e(&])/.test(line))).toEqual([]);
  expect(page).toMatch(/^\.TH KUBEDRILL 1 "" "kubedrill 1\.2\.3"/);
});

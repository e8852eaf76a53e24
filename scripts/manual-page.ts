/** The manual page, from the same table of commands and options as `--help`. */
import type { Argument, Command, Option } from 'commander';
import { addCompletion } from '../src/commands/completion.ts';
import { createProgram } from '../src/commands/program.ts';
import type { Services } from '../src/commands/services.ts';
import { type Build, buildText } from '../src/kernel/build.ts';
import { exitCodes } from '../src/kernel/errors.ts';

/** What the exit codes mean, by their names in the code. */
const exits: Record<keyof typeof exitCodes, string> = {
  ok: 'Done; from the app: it was left.',
  notSolved: 'The lab is not solved, a proof failed, or a pack has faults.',
  usage: 'The command line does not make sense.',
  environment: 'Something outside is missing or broken; kubedrill doctor says what.',
  bug: 'A fault of kubedrill.',
  interrupted: 'Interrupted, as by Ctrl-C.',
};

const files = [
  [
    '~/.local/state/kubedrill',
    'Attempts, clusters, installed packs, and the log of the background process (below XDG_STATE_HOME).',
  ],
  ['~/.cache/kubedrill', 'What can be made again, such as a kubectl that was fetched (below XDG_CACHE_HOME).'],
  ['~/.config/kubedrill', 'Packs that are trusted to run scripts (below XDG_CONFIG_HOME).'],
] as const;

const environment = [
  ['XDG_STATE_HOME, XDG_CACHE_HOME, XDG_CONFIG_HOME', 'Where the folders below FILES are.'],
  ['KUBEDRILL_ATTEMPT', 'The attempt that commands are about; set in the shell of a lab.'],
  ['KUBEDRILL_SITTING', 'The exam that its commands are about; set in the shells of an exam.'],
  ['NO_COLOR', 'No colours.'],
] as const;

/** The page in man(7) macros. */
export function manualPage(build: Build): string {
  const program = completeProgram(build.version);
  const lines = [
    `.TH KUBEDRILL 1 "" "kubedrill ${build.version}" "User Commands"`,
    '.SH NAME',
    text('kubedrill - an interactive CKA and CKAD training lab for the terminal'),
    '.SH SYNOPSIS',
    ...synopsis(program, 'kubedrill'),
    '.PP',
    text('kubedrill <command> [options]'),
    '.SH DESCRIPTION',
    text(program.description()),
    ...options(program),
    '.SH COMMANDS',
    ...commandsOf(program).flatMap((command) => section(command, 'kubedrill')),
    '.SH EXIT STATUS',
    ...Object.entries(exits).flatMap(([name, meaning]) =>
      entry(String(exitCodes[name as keyof typeof exitCodes]), meaning),
    ),
    '.SH ENVIRONMENT',
    ...environment.flatMap(([name, meaning]) => entry(name, meaning)),
    '.SH FILES',
    ...files.flatMap(([name, meaning]) => entry(name, meaning)),
    '.SH VERSION',
    text(buildText(build)),
    '.SH SEE ALSO',
    '.BR kubectl (1)',
  ];
  return `${lines.join('\n')}\n`;
}

/** All commands; nothing of it is run. */
export function completeProgram(version: string): Command {
  const nothing = () => undefined;
  const services = { version } as Services;
  const program = createProgram({ services, print: nothing, json: nothing, note: nothing, exit: nothing });
  addCompletion(program, {});
  return program;
}

/** What help shows of a command's commands, `help` itself left out. */
export function commandsOf(command: Command): Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((sub) => sub.name() !== 'help');
}

/** A command and those below it. */
function section(command: Command, above: string): string[] {
  const name = `${above} ${command.name()}`;
  return [
    `.SS ${text(name)}`,
    ...synopsis(command, name),
    '.PP',
    text(command.description()),
    ...command.registeredArguments.filter(({ description }) => description).flatMap(argumentEntry),
    ...options(command),
    ...commandsOf(command).flatMap((sub) => section(sub, name)),
  ];
}

function synopsis(command: Command, name: string): string[] {
  const aliases = command.aliases().map((alias) => ` (also: ${alias})`);
  return [`.B ${text(name)}`, text(`${command.usage()}${aliases.join('')}`)];
}

function argumentEntry(argument: Argument): string[] {
  return entry(argument.name(), argument.description);
}

function options(command: Command): string[] {
  return command.createHelp().visibleOptions(command).flatMap(optionEntry);
}

function optionEntry(option: Option): string[] {
  const { description, defaultValue, argChoices } = option;
  const notes = [
    argChoices && `one of ${argChoices.join(', ')}`,
    defaultValue !== undefined && defaultValue !== false && `default: ${String(defaultValue)}`,
  ].filter(Boolean);
  return entry(option.flags, notes.length > 0 ? `${description} (${notes.join('; ')})` : description);
}

function entry(term: string, meaning: string): string[] {
  return ['.TP', `.B ${text(term)}`, text(meaning)];
}

/** Plain text for man(7): a backslash, a hyphen that somebody may copy, and a line that begins like a macro are escaped. */
function text(plain: string): string {
  return plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll(/^([.'])/gm, '\\&$1');
}

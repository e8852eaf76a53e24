import type { Command, CommanderError } from 'commander';
import { UserError } from '../kernel/errors.ts';

/** Endings of commander that are no errors, or after which it has shown the help: nothing more is to be said. */
const shown = ['commander.help', 'commander.helpDisplayed', 'commander.version'];

/**
 * What commander says of a wrong command line as an error of ours: `error: unknown option '--jsn'\n(Did you mean --json?)`
 * has its suggestion on a line of its own, and what was expected in a second sentence.
 */
export function usageError(error: CommanderError, command: Command): Error {
  if (shown.includes(error.code)) return error;
  const [line = '', suggestion] = error.message.split('\n');
  const [, what = line, expected = ''] = /^(?:error: )?(.*?)(?:\. (.*))?$/.exec(line) ?? [];
  const meant = /^\(Did you mean (.*)\?\)$/.exec(suggestion ?? '')?.[1];
  const why = meant ? `did you mean ${meant}?` : beginSmall(expected);
  return new UserError({
    what: what.replace(/\.$/, ''),
    ...(why && { why }),
    next: ['kubedrill help', ...wordsOf(command)].join(' '),
  });
}

/** The words of a command, without the program: `cluster up`. */
export function wordsOf(command: Command): string[] {
  return command.parent ? [...wordsOf(command.parent), command.name()] : [];
}

function beginSmall(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '');
}

import { Command } from 'commander';
import { UserError } from '../kernel/errors.ts';
import { didYouMean } from '../kernel/nearest.ts';
import { wordsOf } from './usage.ts';

/** Adds `help` to the complete program: `kubedrill help cluster up` shows what `kubedrill cluster up --help` does. */
export function addHelp(program: Command): void {
  program.helpCommand(false).addCommand(
    new Command('help')
      .description('show what a command does and takes')
      .argument('[command...]', 'its words, as in kubedrill help cluster up (default: all commands)')
      .action((words: string[]) => find(program, words).outputHelp()),
  );
}

function find(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) {
    const found = command.commands.find((c) => c.name() === word || c.aliases().includes(word));
    if (!found) {
      const known = command.commands.map((c) => c.name());
      throw new UserError({
        what: `there is no command ${[...wordsOf(command), word].join(' ')}`,
        ...didYouMean(word, known),
        next: ['kubedrill help', ...wordsOf(command)].join(' '),
      });
    }
    command = found;
  }
  return command;
}

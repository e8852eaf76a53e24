import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

/** Adds `completion <shell>` to the complete program; scenario ids are completed where one is asked for. */
export function addCompletion(program: Command, scenarioIds: readonly string[]): void {
  const root = tab(program, { completionCommandName: 'completion' });
  root.commands.get('start')?.argument('scenario', (complete) => {
    for (const id of scenarioIds) complete(id, '');
  });
}

import { paintFor } from '../present/text.ts';
import { printable } from '../present/width.ts';
import { attemptCommand, attemptId, type CommandFactory, labsOf } from './command.ts';

export const solution: CommandFactory = ({ services, print, json }) =>
  attemptCommand('solution', 'show the solutions; the attempt remembers that you looked').action(
    async (options: { attempt?: string; json?: boolean }) => {
      const solutions = await (await labsOf(services)).solution({ id: attemptId(services, options) });
      if (options.json) return json(solutions);
      const paint = paintFor(services.stdout);
      print(solutions.map((s) => `${paint('bold', s.name)}\n${printable(s.text.trimEnd())}`).join('\n\n'));
    },
  );

import { attemptCommand, attemptId, type CommandFactory, labsOf } from './command.ts';

export const hint: CommandFactory = ({ services, print, json }) =>
  attemptCommand('hint', 'take the next hint; its price lowers the score').action(
    async (options: { attempt?: string; json?: boolean }) => {
      const taken = await (await labsOf(services)).hint(attemptId(services, options));
      if (options.json) return json(taken);
      print(`${taken.text}\n\n-${taken.price} points, ${taken.left === 0 ? 'no more hints' : `${taken.left} more`}`);
    },
  );

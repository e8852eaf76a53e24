import { priceText } from '../present/text.ts';
import { printable } from '../present/width.ts';
import { attemptCommand, attemptId, type CommandFactory, labsOf } from './command.ts';

export const hint: CommandFactory = ({ services, print, json }) =>
  attemptCommand('hint', 'take the next hint; its price lowers the score').action(
    async (options: { attempt?: string; json?: boolean }) => {
      const taken = await (await labsOf(services)).hint({ id: attemptId(services, options) });
      if (options.json) return json(taken);
      const about = taken.observed ? 'on what is there now, ' : '';
      print(
        `${printable(taken.text)}\n\n${about}${priceText(taken.price)}, ${taken.left === 0 ? 'no more hints' : `${taken.left} more`}`,
      );
    },
  );

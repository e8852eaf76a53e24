import { attemptCommand, attemptId, type CommandFactory, checkDocument, labsOf } from './command.ts';

export const reset: CommandFactory = ({ services, print, json }) =>
  attemptCommand('reset', 'put the cluster back as it was at the start').action(
    async (options: { attempt?: string; json?: boolean }) => {
      const state = await (await labsOf(services)).reset({ id: attemptId(services, options) });
      if (options.json) return json(checkDocument(state));
      print(`${state.id} is as at the start`);
    },
  );

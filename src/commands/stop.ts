import { attemptCommand, attemptId, type CommandFactory, checkDocument, labsOf } from './command.ts';

export const stop: CommandFactory = ({ services, print, json }) =>
  attemptCommand('stop', 'end the attempt and delete its cluster').action(
    async (options: { attempt?: string; json?: boolean }) => {
      const state = await (await labsOf(services)).stop(attemptId(services, options));
      if (options.json) return json(checkDocument(state));
      print(`${state.id} has ended, its cluster is gone`);
    },
  );

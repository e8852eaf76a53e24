import { attemptCommand, attemptId, type CommandFactory, checkDocument, labsOf } from './command.ts';

export const stop: CommandFactory = ({ services, print, json }) =>
  attemptCommand('stop', 'end the attempt and delete its cluster').action(
    async (options: { attempt?: string; json?: boolean }) => {
      const labs = await labsOf(services);
      const state = await labs.stop({ id: attemptId(services, options) });
      if (options.json) return json(checkDocument(state));
      const { id } = state.cluster ?? {};
      const isKept = (await labs.clusterList()).some((cluster) => cluster.kept && cluster.id === id);
      print(
        isKept
          ? `${state.id} has ended, its cluster is kept for the next attempt (kubedrill cluster down ${id} deletes it)`
          : `${state.id} has ended, its cluster is gone`,
      );
    },
  );

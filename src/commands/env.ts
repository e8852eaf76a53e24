import { findKubectl } from '../cluster/kubectl/kubectl.ts';
import { labEnvironment, quote } from '../session/shell.ts';
import { attemptCommand, attemptId, type CommandFactory, labsOf } from './command.ts';

export const env: CommandFactory = ({ services, print, json }) =>
  attemptCommand('env', 'print the exports that set a shell to the attempt').action(
    async (options: { attempt?: string; json?: boolean }) => {
      const state = await (await labsOf(services)).attempt(attemptId(services, options));
      const { usable } = await findKubectl({ cache: services.paths.cache, env: services.env });
      const variables = labEnvironment(state, services.paths, usable);
      if (options.json) return json(variables);
      for (const [name, value] of Object.entries(variables)) print(`export ${name}=${quote(value)}`);
    },
  );

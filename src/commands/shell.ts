import { labShell } from '../session/shell.ts';
import { attemptCommand, attemptId, type CommandFactory, labsOf } from './command.ts';

export const shell: CommandFactory = ({ services, note, exit }) =>
  attemptCommand('shell', "open your shell, set to the attempt's cluster").action(
    async (options: { attempt?: string }) => {
      const state = await (await labsOf(services)).attempt(attemptId(services, options));
      const kubectl = await services.kubectl(note);
      const { file, args, env } = await labShell(state, services.paths, kubectl, services.env);
      const { execa } = await import('execa');
      const result = await execa(file, args, { stdio: 'inherit', env, reject: false });
      exit(result.exitCode ?? 0);
    },
  );

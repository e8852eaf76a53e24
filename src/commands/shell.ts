import { systemClock } from '../kernel/clock.ts';
import { EnvironmentError, errorText } from '../kernel/errors.ts';
import { labShell } from '../session/shell.ts';
import type { AttemptState } from '../session/types.ts';
import { TypingWatch, terminalInput } from '../session/typing.ts';
import { attemptCommand, attemptId, type CommandFactory, labsOf } from './command.ts';

export const shell: CommandFactory = ({ services, note, exit }) =>
  attemptCommand('shell', "open your shell, set to the attempt's cluster").action(
    async (options: { attempt?: string }) => {
      const { shell: chosen } = await services.settings();
      const labs = await labsOf(services);
      const state = await labs.attempt({ id: attemptId(services, options) });
      const kubectl = await services.kubectl(note);
      const { file, args, env } = await labShell(state, services.paths, kubectl, services.env, chosen);
      // For as long as something is typed in it somebody works.
      const left = new AbortController();
      let isStanding = false;
      const onEvent = ({ standing }: AttemptState) => {
        isStanding = standing !== undefined;
      };
      const following = labs.follow({ id: state.id }, { onEvent, signal: left.signal });
      const typing = new TypingWatch({
        clock: systemClock,
        lastInput: () => terminalInput(services.stdin),
        isStanding: () => isStanding,
        // Whether the daemon is there the shell does not depend on: who follows is told.
        onTyping: () => void labs.work({ id: state.id }).catch(() => undefined),
      });
      following.catch((error: unknown) => {
        // That the daemon goes meanwhile is nothing to a shell.
        if (!(error instanceof EnvironmentError)) note(`following the attempt: ${errorText(error).what}`);
      });
      const { execa } = await import('execa');
      const result = await execa(file, args, { stdio: 'inherit', env, reject: false });
      typing.stop();
      left.abort();
      exit(result.exitCode ?? 0);
    },
  );

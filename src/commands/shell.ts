import { systemClock } from '../kernel/clock.ts';
import { EnvironmentError, errorText, UserError } from '../kernel/errors.ts';
import { PromptStatus } from '../session/prompt.ts';
import { labShell } from '../session/shell.ts';
import { openSplit } from '../session/split.ts';
import type { AttemptState } from '../session/types.ts';
import { signOfWork, TypingWatch, terminalInput } from '../session/typing.ts';
import { attemptCommand, attemptId, type CommandFactory, labsOf } from './command.ts';

export const shell: CommandFactory = ({ services, note, exit }) =>
  attemptCommand('shell', "open your shell, set to the attempt's cluster")
    .option('--split', 'beside this one, in a split of tmux, zellij or WezTerm')
    .action(async (options: { attempt?: string; split?: true }) => {
      const { shell: chosen } = await services.settings();
      const labs = await labsOf(services);
      const state = await labs.attempt({ id: attemptId(services, options) });
      if (options.split) {
        if (await openSplit(state.id, services.env)) return;
        throw new UserError({
          what: 'there is nothing here that could be split',
          why: 'neither tmux nor zellij nor WezTerm runs this shell',
          next: 'kubedrill shell',
        });
      }
      const kubectl = await services.kubectl(note);
      const { file, args, env } = await labShell(state, services.paths, kubectl, services.env, chosen);
      // For as long as something is typed in it somebody works.
      const left = new AbortController();
      const prompt = new PromptStatus(services.paths);
      await prompt.show(state);
      let isStanding = false;
      const onEvent = (now: AttemptState) => {
        isStanding = now.standing !== undefined;
        void prompt.show(now);
      };
      const following = labs.follow({ id: state.id }, { signal: left.signal, onEvent });
      const typing = new TypingWatch({
        clock: systemClock,
        lastInput: () => terminalInput(services.stdin),
        isStanding: () => isStanding,
        onTyping: () => void signOfWork(labs, state.id),
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
    });

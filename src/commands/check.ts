import { exitCodes } from '../kernel/errors.ts';
import { checksText, paintFor, verdictLines } from '../present/text.ts';
import type { AttemptState } from '../session/types.ts';
import { attemptCommand, attemptId, type CommandFactory, checkDocument, labsOf } from './command.ts';

interface Options {
  attempt?: string;
  json?: boolean;
  watch?: boolean;
}

export const check: CommandFactory = ({ services, print, json, exit }) =>
  attemptCommand('check', 'show the verdicts; exit code 0 only if solved')
    .option('--watch', 'show every change until it is solved')
    .action(async (options: Options) => {
      const labs = await labsOf(services);
      const id = attemptId(services, options);
      const paint = paintFor(services.stdout);
      if (options.watch) {
        const state = await watch(
          (onState, signal) => labs.follow({ id }, { onEvent: onState, signal }),
          services.signal,
          (verdict) => !options.json && print(verdictLines(verdict, paint).join('\n')),
        );
        if (options.json) json(checkDocument(state));
        else print(`\n${checksText(state, paint)}`);
        return exit(codeOf(state));
      }
      const state = await labs.check({ id });
      if (options.json) json(checkDocument(state));
      else print(checksText(state, paint));
      exit(codeOf(state));
    });

function codeOf(state: AttemptState): number {
  if (state.solved) return exitCodes.ok;
  return state.verdicts.some((v) => v.status === 'error') ? exitCodes.environment : exitCodes.notSolved;
}

/** Follows an attempt until it is solved; every verdict that changed is shown once. */
async function watch(
  follow: (onState: (state: AttemptState) => void, signal: AbortSignal) => Promise<void>,
  interrupted: AbortSignal,
  show: (verdict: AttemptState['verdicts'][number]) => void,
): Promise<AttemptState> {
  const done = new AbortController();
  const shown = new Map<string, string>();
  let last: AttemptState | undefined;
  await follow(
    (state) => {
      last = state;
      for (const verdict of state.verdicts) {
        const line = `${verdict.status} ${verdict.why}`;
        if (shown.get(verdict.id) !== line) show(verdict);
        shown.set(verdict.id, line);
      }
      if (state.solved || state.phase === 'stopped' || state.phase === 'failed') done.abort();
    },
    AbortSignal.any([interrupted, done.signal]),
  );
  if (interrupted.aborted || !last) throw interrupted.reason;
  return last;
}

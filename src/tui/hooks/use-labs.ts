import { type Dispatch, useEffect, useRef } from 'react';
import { EnvironmentError, UserError } from '../../kernel/errors.ts';
import type { AttemptState } from '../../session/types.ts';
import type { LabsAccess } from '../access.ts';
import type { Action, AppState } from '../state.ts';

/** What the app's keys can ask of the daemon. Failures become an overlay; nothing throws. */
export interface LabVerbs {
  open(scenario: string | undefined): void;
  toList(): void;
  shell(): void;
  hint(): void;
  debrief(): void;
  reset(): void;
}

/** Joins the app's state with the daemon: follows the attempt on screen, and turns verbs into calls. */
export function useLabs(
  state: AppState,
  dispatch: Dispatch<Action>,
  access: LabsAccess,
  suspendTerminal: (callback: () => Promise<void>) => Promise<void>,
): LabVerbs {
  const following = useRef<AbortController>(undefined);

  // The list shows what is in progress; the daemon is started on the way, so that it is warm when it is needed.
  useEffect(() => {
    if (state.screen.name !== 'list') return;
    access
      .labs()
      .then((labs) => labs.attempts())
      .then((attempts) => dispatch({ type: 'running', attempts }))
      .catch((error: unknown) => dispatch({ type: 'overlay', overlay: problem(error) }));
  }, [state.screen.name, access, dispatch]);

  useEffect(() => () => following.current?.abort(), []);

  const guarded = async (busy: string | undefined, work: () => Promise<void>) => {
    if (busy) dispatch({ type: 'busy', text: busy });
    try {
      await work();
    } catch (error) {
      dispatch({ type: 'overlay', overlay: problem(error) });
    } finally {
      if (busy) dispatch({ type: 'busy', text: undefined });
    }
  };
  const show = (attempt: AttemptState) => dispatch({ type: 'lab', state: attempt, at: Date.now() });
  const id = state.lab?.id;

  return {
    open(scenario) {
      if (!scenario || state.busy) return;
      following.current?.abort();
      const stop = new AbortController();
      following.current = stop;
      dispatch({ type: 'openLab', scenario });
      void guarded(undefined, async () => {
        const labs = await access.labs();
        const onState = (attempt: AttemptState) => {
          if (!stop.signal.aborted) show(attempt);
        };
        const started = await labs.start({ scenario, cluster: 'embedded', resume: true }, onState);
        if (!stop.signal.aborted) await labs.follow(started.id, onState, stop.signal);
      });
    },
    toList() {
      following.current?.abort();
      dispatch({ type: 'openList' });
    },
    shell() {
      const { lab } = state;
      if (!lab?.cluster || state.busy) return;
      void guarded('getting kubectl ready', async () => {
        const kubectl = await access.kubectl((step) => dispatch({ type: 'busy', text: step }));
        dispatch({ type: 'busy', text: undefined });
        await suspendTerminal(() => access.shell(lab, kubectl));
      });
    },
    hint() {
      void guarded(undefined, async () => {
        const hint = await (await access.labs()).hint(id);
        dispatch({ type: 'overlay', overlay: { kind: 'hint', ...hint, scroll: 0 } });
      });
    },
    debrief() {
      void guarded(undefined, async () => {
        const text = await (await access.labs()).debrief(id);
        dispatch({ type: 'overlay', overlay: { kind: 'debrief', text, scroll: 0 } });
      });
    },
    reset() {
      if (state.busy) return;
      void guarded('resetting', async () => show(await (await access.labs()).reset(id)));
    },
  };
}

function problem(error: unknown) {
  const known = error instanceof UserError || error instanceof EnvironmentError;
  const text = known ? error.text : { what: error instanceof Error ? error.message : String(error) };
  return { kind: 'problem', ...text, scroll: 0 } as const;
}

import type { KubectlVersion } from '../cluster/kubectl/version.ts';
import type { Diagnosis } from '../cluster/provider.ts';
import type { FollowOptions } from '../kube/tables.ts';
import type { CoachLevel } from '../session/coach-level.ts';
import type { Progress } from '../session/progress.ts';
import type { RemoteLabs } from '../session/remote-labs.ts';
import type { Review } from '../session/review.ts';
import type { AttemptState } from '../session/types.ts';
import type { TypeAhead } from './keyboard.ts';
import type { PanePlace, ShellPane } from './terminal/shell-pane.ts';

/** What the app may reach: the daemon and the learner's shell. */
export interface LabsAccess {
  /** One connection for the app's life; created at the first call, and again after it ended. */
  labs(): Promise<RemoteLabs>;
  /** What each check of a new attempt says without being asked. Default: 0. */
  coach?: CoachLevel;
  /** What was achieved so far. */
  progress(): Promise<Progress>;
  /** What is to be repeated now, the most urgent first. */
  due(): Promise<readonly Review[]>;
  /** A seed for a scenario, `<pack>/<id>`, that draws other names than those that it was tried with. */
  freshSeed(scenario: string, used: readonly number[]): Promise<number>;
  /** How an attempt went, as Markdown. */
  report(attempt: string): Promise<string>;
  /** What works on this machine. */
  diagnose(): Promise<readonly Diagnosis[]>;
  /** Follows what is in the cluster of a lab, until `signal` aborts. */
  objects(lab: AttemptState, options: Pick<FollowOptions, 'onObjects' | 'onHealth' | 'signal'>): Promise<void>;
  /** What kubectl prints in the cluster of a lab, its complaints included. */
  kubectlText(lab: AttemptState, args: readonly string[]): Promise<string>;
  /** When something was last typed in the terminal, milliseconds; undefined: that can't be seen. */
  lastInput?(): number | undefined;
  /** Makes sure that there is a kubectl. */
  kubectl(progress: (step: string) => void, signal?: AbortSignal): Promise<KubectlVersion>;
  /** Runs the shell in the terminal, which gets what was `typed` for it; resolves when it is left. */
  shell(state: AttemptState, kubectl: KubectlVersion, typed?: TypeAhead): Promise<void>;
  /** Runs the shell in a pane at `place`; undefined: there can be none here. */
  pane?(state: AttemptState, kubectl: KubectlVersion, place: PanePlace): Promise<ShellPane | undefined>;
  /** Opens the shell beside this program, in the multiplexer that it runs in; what that is called, undefined: there is none. */
  split?(state: AttemptState): Promise<string | undefined>;
  /** Keeps what the shell's prompt shows. */
  prompt?(state: AttemptState): void;
}

/** The terminal, as far as the controller needs it. */
export interface Screen {
  size(): { columns: number; rows: number };
  /** Lends the terminal to `use` and takes it back afterwards. */
  lend(use: () => Promise<void>): Promise<void>;
  exit(): void;
  /** From now on what is typed is kept for the shell; Esc by itself calls `onCancel`. */
  hold(onCancel: () => void): TypeAhead;
  /** Whether the terminal is to send what the mouse does. */
  mouse?(on: boolean): void;
}

/** The coach level of a new attempt, as it is asked for. */
export function coachOf({ coach }: LabsAccess): { coach?: CoachLevel } {
  return coach === undefined ? {} : { coach };
}

import type { VerdictStatus } from '../checks/types.ts';
import type { ClusterSpec } from '../cluster/provider.ts';
import type { Activity, GraderMemory } from '../grading/types.ts';
import type { CoachLevel } from './coach-level.ts';

/** Why the clock of an attempt stands. */
export const standingReasons = ['idle', 'asleep', 'left'] as const;

/** That the clock stands: why, and since when nobody is seen, milliseconds since 1970. */
export interface Standing {
  why: (typeof standingReasons)[number];
  since: number;
}

/** Where an attempt's cluster is; enough to find it again. */
export interface ClusterRef {
  provider: string;
  id: string;
  kubeconfig: string;
  context: string;
  server: string;
}

/** What was asked for: enough to make such a cluster again. */
export type ClusterChoice = { provider: string } & Pick<ClusterSpec, 'nodeImage' | 'target'>;

/** Which scenario, named so that it is found again: a built-in pack by id, others by folder. */
export interface ScenarioRef {
  pack: string;
  /** Only for packs that aren't built in. */
  folder?: string;
  id: string;
  seed: number;
}

/** The exam that an attempt is a task of. `locked`: it says nothing of how it stands until that is over. */
export interface ExamMembership {
  /** The sitting. */
  id: string;
  host: string;
  locked: boolean;
}

/**
 * One line of an attempt's `events.jsonl`: everything shown of an attempt is a fold of these. `t` is milliseconds since
 * 1970. Kinds are only ever added; `version` stands in the first.
 */
export type AttemptEvent = { t: number } & (
  | {
      type: 'created';
      version: 1;
      id: string;
      scenario: ScenarioRef;
      title: string;
      minutes: number;
      /** Missing in older logs: embedded. */
      on?: ClusterChoice;
      /** What each check says from the start. Missing in older logs: they said why. */
      coach?: CoachLevel;
      exam?: ExamMembership;
    }
  | { type: 'cluster'; cluster: ClusterRef }
  | { type: 'step'; text: string }
  | { type: 'failed'; what: string; why?: string; next?: string }
  /** Set-up or a reset has ended: from now on the learner works. */
  | { type: 'activated' }
  | { type: 'verdict'; check: string; status: VerdictStatus; actual: string; why: string }
  | { type: 'activity'; activity: Activity }
  /** kubedrill itself changed something that is the learner's: their kubeconfig file. */
  | { type: 'mended'; activity: Activity }
  | { type: 'memory'; memory: GraderMemory }
  | { type: 'hint'; index: number; price: number }
  /** A check was asked about: it says what is of this level, or one step more of its chain. */
  | { type: 'coach'; check: string; level: CoachLevel; price: number }
  /** An answer file was written; without a text it is gone or no answer. The text may be cut. */
  | { type: 'answer'; file: string; text?: string }
  | { type: 'resetting' }
  | { type: 'solved'; score: number; max: number }
  | { type: 'solution' }
  /** The daemon went, or came back; or the cluster did not answer for a while: time in between is nobody's. */
  | { type: 'suspended' }
  | { type: 'resumed' }
  /** Nobody works any more, or somebody does again; logs without these are of attempts at which somebody always works. */
  | ({ type: 'paused' } & Partial<Standing>)
  | { type: 'working' }
  /** Somebody still works: a crash loses no more than what comes after it. */
  | { type: 'beat' }
  | { type: 'stopped' }
);

export type AttemptEventBody = AttemptEvent extends infer E ? (E extends { t: number } ? Omit<E, 't'> : never) : never;

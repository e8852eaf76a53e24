import type { ClusterChoice, ScenarioRef } from '../events.ts';

/** How an exam is sat: as a lab with a clock, against one's own best result, or as the real one. */
export const examModes = ['training', 'mastery', 'exam'] as const;
export type ExamMode = (typeof examModes)[number];

/** What each mode means, for people. */
export const modeTexts: Readonly<Record<ExamMode, string>> = {
  training: 'all help of a lab; the time is shown and ends nothing',
  mastery: 'as exam, and compared with your best result',
  exam: 'no help and no verdict before the end, which comes when the time is over',
};

/** Which exam, named so that it is found again: of a built-in pack by id, of others by folder. */
export interface ExamRef {
  pack: string;
  folder?: string;
  id: string;
  title: string;
}

/** A task of a sitting, as it was planned. */
export interface SittingTask {
  scenario: ScenarioRef;
  title: string;
  minutes: number;
  /** In percent. */
  weight: number;
  /** What it counts for: `cka/troubleshooting`. */
  domain?: string;
  host: string;
}

/**
 * One line of a sitting's `events.jsonl`; tasks are counted from 0. `t` is milliseconds since 1970. Kinds are only ever
 * added; `version` stands in the first.
 */
export type SittingEvent = { t: number } & (
  | {
      type: 'created';
      version: 1;
      id: string;
      exam: ExamRef;
      mode: ExamMode;
      seed: number;
      minutes: number;
      tasks: SittingTask[];
      on: ClusterChoice;
    }
  /** A task is being prepared as this attempt; before it exists, so that a crash leaves none that nobody knows. */
  | { type: 'attempt'; task: number; attempt: string }
  /** The first task is ready: from here on the time runs, whatever happens. */
  | { type: 'opened' }
  | { type: 'went'; task: number }
  | { type: 'flagged'; task: number; flagged: boolean }
  /** What the notepad holds now. */
  | { type: 'noted'; text: string }
  /** It is over, and counts as it stood at `at`. `kept`: the task whose cluster stays. */
  | { type: 'submitted'; by: 'learner' | 'deadline'; at: number; kept?: number }
  /** It is over and counts nothing. */
  | { type: 'discarded' }
);

export type SittingEventBody = SittingEvent extends infer E ? (E extends { t: number } ? Omit<E, 't'> : never) : never;

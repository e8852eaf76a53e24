import type { ClusterChoice } from '../events.ts';
import type { ExamMode, ExamRef, SittingEvent, SittingTask } from './events.ts';

export interface FoldedTask extends SittingTask {
  /** The attempt that it is, or was prepared as last. */
  attempt?: string;
  flagged: boolean;
  /** Milliseconds that it was the current one, up to the last change. */
  spent: number;
}

/** A sitting as its log tells it; tasks are counted from 0. */
export interface SittingFold {
  id: string;
  exam: ExamRef;
  mode: ExamMode;
  seed: number;
  minutes: number;
  on: ClusterChoice;
  phase: 'preparing' | 'running' | 'submitted' | 'discarded';
  tasks: FoldedTask[];
  createdAt: number;
  openedAt?: number;
  /** When it is over, whatever happens; missing before it was opened, and where time ends nothing. */
  deadline?: number;
  current: number;
  /** Since when that is the current one. */
  since: number;
  notes: string;
  submitted?: { by: 'learner' | 'deadline'; at: number; kept?: number };
}

/** Folds a log; undefined if it holds no sitting. */
export function foldSitting(events: readonly SittingEvent[]): SittingFold | undefined {
  const [first, ...rest] = events;
  if (first?.type !== 'created') return undefined;
  const { id, exam, mode, seed, minutes, on, tasks } = first;
  const fold: SittingFold = {
    id,
    exam,
    mode,
    seed,
    minutes,
    on,
    phase: 'preparing',
    tasks: tasks.map((task) => ({ ...task, flagged: false, spent: 0 })),
    createdAt: first.t,
    current: 0,
    since: first.t,
    notes: '',
  };
  for (const event of rest) applySittingEvent(fold, event);
  return fold;
}

/** Takes one more event into a fold, in place. */
export function applySittingEvent(fold: SittingFold, event: SittingEvent): void {
  const task = 'task' in event ? fold.tasks[event.task] : undefined;
  switch (event.type) {
    case 'created':
      break;
    case 'attempt':
      if (task) task.attempt = event.attempt;
      break;
    case 'opened':
      fold.phase = 'running';
      fold.openedAt = event.t;
      fold.since = event.t;
      if (fold.mode !== 'training') fold.deadline = event.t + fold.minutes * 60_000;
      break;
    case 'went':
      leave(fold, event.t);
      fold.current = event.task;
      break;
    case 'flagged':
      if (task) task.flagged = event.flagged;
      break;
    case 'noted':
      fold.notes = event.text;
      break;
    case 'submitted': {
      const { by, at, kept } = event;
      leave(fold, at);
      fold.phase = 'submitted';
      fold.submitted = { by, at, ...(kept !== undefined && { kept }) };
      break;
    }
    case 'discarded':
      fold.phase = 'discarded';
  }
}

/** Whether it goes on. */
export function goesOn({ phase }: Pick<SittingFold, 'phase'>): boolean {
  return phase === 'preparing' || phase === 'running';
}

/** Milliseconds that each task was the current one. */
export function spentOn(fold: SittingFold, task: number, now: number): number {
  const isCurrent = fold.phase === 'running' && fold.current === task;
  const end = Math.min(now, fold.deadline ?? now);
  return (fold.tasks[task]?.spent ?? 0) + (isCurrent ? Math.max(0, end - fold.since) : 0);
}

function leave(fold: SittingFold, t: number): void {
  const task = fold.tasks[fold.current];
  if (task && fold.phase === 'running') task.spent += Math.max(0, t - fold.since);
  fold.since = t;
}

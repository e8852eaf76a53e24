import type { Activity, GraderMemory } from '../grading/types.ts';
import type { Asked, CoachLevel } from './coach-level.ts';
import type { AttemptEvent, ClusterChoice, ClusterRef, ScenarioRef } from './events.ts';

const keptActivities = 200;

/** An attempt as its log tells it. */
export interface AttemptFold {
  id: string;
  scenario: ScenarioRef;
  title: string;
  minutes: number;
  /** What kind of cluster was asked for. */
  on: ClusterChoice;
  phase: 'preparing' | 'active' | 'resetting' | 'failed' | 'stopped';
  cluster?: ClusterRef;
  /** The step of set-up that is being done. */
  step?: string;
  failure?: { what: string; why?: string; next?: string };
  createdAt: number;
  /** When set-up or the last reset ended. */
  activatedAt?: number;
  /** How long the first set-up took, milliseconds. */
  readyIn?: number;
  /** Indexes of the hints taken, in order, and what they cost together. */
  hints: number[];
  hintPrice: number;
  /** What each check says from the start, how far each was asked about since, and what that cost. */
  coach: { base: CoachLevel; checks: Map<string, Asked>; paid: number };
  sawSolution: boolean;
  /** When this try was solved. */
  solvedAt?: number;
  solvedScore?: { score: number; max: number };
  /** Whether a try was ever solved: a reset takes nothing of that away. */
  wasSolved: boolean;
  /** Ids of checks that passed at some time since the start or the last reset. */
  passed: string[];
  /** What stands in the files that checks look at as answers. */
  answers: Map<string, string>;
  activities: Activity[];
  memory: GraderMemory;
  /** Working time that has ended, milliseconds; from `runningSince` on the clock runs. */
  worked: number;
  runningSince?: number;
  /** Why the clock may stand although there is something to do. */
  suspended: boolean;
  paused: boolean;
  lastEventAt: number;
}

/** Folds a log; undefined if it holds no attempt. */
export function foldAttempt(events: readonly AttemptEvent[]): AttemptFold | undefined {
  const first = events[0];
  if (first?.type !== 'created') return undefined;
  const fold: AttemptFold = {
    id: first.id,
    scenario: first.scenario,
    title: first.title,
    minutes: first.minutes,
    on: first.on ?? { provider: 'embedded' },
    phase: 'preparing',
    createdAt: first.t,
    hints: [],
    hintPrice: 0,
    coach: { base: first.coach ?? 2, checks: new Map(), paid: 0 },
    sawSolution: false,
    wasSolved: false,
    passed: [],
    answers: new Map(),
    activities: [],
    memory: { latched: [], heldSince: {} },
    worked: 0,
    suspended: false,
    paused: false,
    lastEventAt: first.t,
  };
  for (const event of events.slice(1)) applyEvent(fold, event);
  return fold;
}

/** Takes one more event into a fold, in place. */
export function applyEvent(fold: AttemptFold, event: AttemptEvent): void {
  switch (event.type) {
    case 'created':
      break;
    case 'cluster':
      // In the middle of the work it is there again after a crash: the last sign of life ended the working time.
      if (fold.phase === 'active') pause(fold, fold.lastEventAt);
      fold.cluster = event.cluster;
      break;
    case 'step':
      fold.step = event.text;
      break;
    case 'failed': {
      const { what, why, next } = event;
      fold.phase = 'failed';
      fold.failure = { what, ...(why ? { why } : {}), ...(next ? { next } : {}) };
      pause(fold, event.t);
      break;
    }
    case 'activated':
      fold.phase = 'active';
      fold.readyIn ??= event.t - fold.createdAt;
      fold.activatedAt = event.t;
      delete fold.step;
      delete fold.failure;
      fold.memory = { latched: [], heldSince: {} };
      fold.suspended = false;
      run(fold, event.t);
      break;
    case 'verdict':
      if (event.status === 'pass' && !fold.passed.includes(event.check)) fold.passed.push(event.check);
      break;
    case 'activity':
    case 'mended':
      fold.activities.push(event.activity);
      if (fold.activities.length > keptActivities) fold.activities.shift();
      break;
    case 'memory':
      fold.memory = event.memory;
      break;
    case 'hint':
      fold.hints.push(event.index);
      fold.hintPrice += event.price;
      break;
    case 'coach': {
      const steps = (fold.coach.checks.get(event.check)?.steps ?? 0) + (event.level === 3 ? 1 : 0);
      fold.coach.checks.set(event.check, { level: event.level, steps });
      fold.coach.paid += event.price;
      break;
    }
    case 'answer':
      if (event.text === undefined) fold.answers.delete(event.file);
      else fold.answers.set(event.file, event.text);
      break;
    case 'resetting':
      // A reset is a new try: the clock, the feed and what is solved now start again; hints stay paid.
      fold.phase = 'resetting';
      fold.activities = [];
      fold.passed = [];
      fold.answers.clear();
      fold.worked = 0;
      delete fold.runningSince;
      delete fold.solvedAt;
      delete fold.solvedScore;
      break;
    case 'solved':
      fold.solvedAt = event.t;
      fold.solvedScore = { score: event.score, max: event.max };
      fold.wasSolved = true;
      pause(fold, event.t);
      break;
    case 'solution':
      fold.sawSolution = true;
      break;
    case 'suspended':
      fold.suspended = true;
      pause(fold, event.t);
      break;
    case 'resumed':
      // After a crash there is no `suspended`: the last sign of life ends the working time.
      pause(fold, fold.lastEventAt);
      fold.suspended = false;
      run(fold, event.t);
      break;
    case 'paused':
      fold.paused = true;
      pause(fold, event.t);
      break;
    case 'working':
      fold.paused = false;
      run(fold, event.t);
      break;
    case 'beat':
      break;
    case 'stopped':
      fold.phase = 'stopped';
      pause(fold, event.t);
      break;
  }
  // That the machine slept is noticed when it is awake.
  fold.lastEventAt = Math.max(fold.lastEventAt, event.t);
}

/** The clock runs while there is something to do, somebody who does it, and nothing in the way. */
function run(fold: AttemptFold, at: number): void {
  const { phase, solvedAt, suspended, paused } = fold;
  if (phase === 'active' && solvedAt === undefined && !suspended && !paused) fold.runningSince ??= at;
}

function pause(fold: AttemptFold, at: number): void {
  if (fold.runningSince === undefined) return;
  fold.worked += Math.max(0, at - fold.runningSince);
  delete fold.runningSince;
}

/** Working time so far, milliseconds. */
export function workedTime(fold: AttemptFold, now: number): number {
  return fold.worked + (fold.runningSince === undefined ? 0 : Math.max(0, now - fold.runningSince));
}

import type { Activity, GraderMemory } from '../grading/types.ts';
import type { Asked, CoachLevel } from './coach-level.ts';
import type { AttemptEvent, ClusterChoice, ClusterRef, ExamMembership, ScenarioRef, Standing } from './events.ts';

const keptActivities = 200;

/** An attempt as its log tells it. */
export interface AttemptFold {
  id: string;
  scenario: ScenarioRef;
  title: string;
  minutes: number;
  /** What kind of cluster was asked for. */
  on: ClusterChoice;
  exam?: ExamMembership;
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
  /** Why nobody works, where that was seen. */
  standing?: Standing;
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
    ...(first.exam && { exam: first.exam }),
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
  applyAs(event.type, fold, event);
  // That the machine slept is noticed when it is awake.
  fold.lastEventAt = Math.max(fold.lastEventAt, event.t);
}

type Effects = { [T in AttemptEvent['type']]: (fold: AttemptFold, event: Extract<AttemptEvent, { type: T }>) => void };

function applyAs<T extends AttemptEvent['type']>(
  type: T,
  fold: AttemptFold,
  event: Extract<AttemptEvent, { type: T }>,
): void {
  effects[type](fold, event);
}

const nothing = () => undefined;

/** What each event does to a fold. */
const effects: Effects = {
  created: nothing,
  beat: nothing,
  cluster(fold, { cluster }) {
    // In the middle of the work it is there again after a crash: the last sign of life ended the working time.
    if (fold.phase === 'active') pause(fold, fold.lastEventAt);
    fold.cluster = cluster;
  },
  step(fold, { text }) {
    fold.step = text;
  },
  failed(fold, { t, what, why, next }) {
    fold.phase = 'failed';
    fold.failure = { what, ...(why ? { why } : {}), ...(next ? { next } : {}) };
    pause(fold, t);
  },
  activated(fold, { t }) {
    fold.phase = 'active';
    fold.readyIn ??= t - fold.createdAt;
    fold.activatedAt = t;
    delete fold.step;
    delete fold.failure;
    fold.memory = { latched: [], heldSince: {} };
    fold.suspended = false;
    run(fold, t);
  },
  verdict(fold, { status, check }) {
    if (status === 'pass' && !fold.passed.includes(check)) fold.passed.push(check);
  },
  activity: addActivity,
  mended: addActivity,
  memory(fold, { memory }) {
    fold.memory = memory;
  },
  hint(fold, { index, price }) {
    fold.hints.push(index);
    fold.hintPrice += price;
  },
  coach(fold, { check, level, price }) {
    const steps = (fold.coach.checks.get(check)?.steps ?? 0) + (level === 3 ? 1 : 0);
    fold.coach.checks.set(check, { level, steps });
    fold.coach.paid += price;
  },
  answer(fold, { file, text }) {
    if (text === undefined) fold.answers.delete(file);
    else fold.answers.set(file, text);
  },
  resetting(fold) {
    // A reset is a new try: the clock, the feed and what is solved now start again; hints stay paid.
    fold.phase = 'resetting';
    fold.activities = [];
    fold.passed = [];
    fold.answers.clear();
    fold.worked = 0;
    delete fold.runningSince;
    delete fold.solvedAt;
    delete fold.solvedScore;
  },
  solved(fold, { t, score, max }) {
    fold.solvedAt = t;
    fold.solvedScore = { score, max };
    fold.wasSolved = true;
    pause(fold, t);
  },
  solution(fold) {
    fold.sawSolution = true;
  },
  suspended(fold, { t }) {
    fold.suspended = true;
    pause(fold, t);
  },
  resumed(fold, { t }) {
    // After a crash there is no `suspended`: the last sign of life ends the working time.
    pause(fold, fold.lastEventAt);
    fold.suspended = false;
    run(fold, t);
  },
  paused(fold, { t, why, since }) {
    fold.paused = true;
    if (why !== undefined && since !== undefined) fold.standing = { why, since };
    pause(fold, t);
  },
  working(fold, { t }) {
    fold.paused = false;
    delete fold.standing;
    run(fold, t);
  },
  stopped(fold, { t }) {
    fold.phase = 'stopped';
    pause(fold, t);
  },
};

function addActivity(fold: AttemptFold, { activity }: { activity: Activity }): void {
  fold.activities.push(activity);
  if (fold.activities.length > keptActivities) fold.activities.shift();
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

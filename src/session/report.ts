import { createHash } from 'node:crypto';
import { scoreOf, type Verdict } from '../grading/types.ts';
import { curriculum } from '../scenario/curriculum.ts';
import { packDigest } from '../scenario/trust.ts';
import { type Scenario, tiersOf } from '../scenario/types.ts';
import { askedOf, coachSummary, helpPrice } from './coach.ts';
import type { CoachLevel } from './coach-level.ts';
import { type Comparison, comparisonOf } from './comparison.ts';
import type { AttemptEvent } from './events.ts';
import { type AttemptFold, foldAttempt, workedTime } from './fold.ts';
import { type Statistics, statisticsOf } from './statistics.ts';

/** One line of what happened, for people. `at`: milliseconds since the learner began. */
export interface TimelineEntry {
  at: number;
  kind:
    | 'start'
    | 'change'
    | 'answer'
    | 'verdict'
    | 'coach'
    | 'hint'
    | 'solution'
    | 'reset'
    | 'pause'
    | 'note'
    | 'solved'
    | 'end';
  text: string;
}

export interface ReportedCheck {
  id: string;
  title: string;
  type: string;
  weight: number;
  guard: boolean;
  status: Verdict['status'];
  /** What was seen last, and why: while the attempt goes on as far as it was asked for; empty where it passes. */
  actual: string;
  why: string;
  /** How far it was asked about. */
  level: CoachLevel;
  /** When it first passed, milliseconds since the learner began. */
  firstPass?: number;
  /** How often it failed after it had passed. */
  regressions: number;
}

/** The result of an attempt: a fold of its log and its scenario. Fields are only ever added to version 1. */
export interface AttemptReport {
  version: 1;
  /** Version and build of the kubedrill that wrote the report. */
  kubedrill?: string;
  attempt: string;
  scenario: { pack: string; packVersion: string; packDigest: string; id: string; title: string; seed: number };
  /** Milliseconds since 1970. */
  startedAt: number;
  endedAt: number;
  /** Milliseconds that the clock ran, and minutes that it should take. */
  worked: number;
  minutes: number;
  score: number;
  max: number;
  solved: boolean;
  /** `taken` of `total` in turn, `observed` on what was there. */
  hints: { taken: number; total: number; observed: number; paid: number };
  /** What checks said from the start, the highest level that was asked for, hints included, and what that cost beside the hints. */
  coach: { base: CoachLevel; used: CoachLevel; paid: number };
  sawSolution: boolean;
  domains: { exam: string; domain: string; competencies: string[]; score: number; max: number }[];
  checks: ReportedCheck[];
  timeline: TimelineEntry[];
  statistics: Statistics & {
    changes: number;
    regressions: number;
    /** Milliseconds since the learner began: the first change, and the first pass of what is graded. */
    firstChange?: number;
    firstPass?: number;
  };
  /** Of a solved attempt: its last try beside the exam's time, the best one and the reference. */
  comparison?: Comparison;
  /** SHA-256 of all of the above as JSON, by which a collected report is known to be whole. */
  digest: string;
}

/** Makes the report of an attempt from its log; undefined if the log holds none. `known`: what a comparison is with. */
export function reportOf(
  events: readonly AttemptEvent[],
  scenario: Scenario,
  kubedrill?: string,
  known: { best?: number | undefined; reference?: readonly string[] | undefined } = {},
): AttemptReport | undefined {
  const fold = foldAttempt(events);
  if (!fold) return undefined;
  const first = events.find((e) => e.type === 'activated')?.t ?? fold.createdAt;
  const last = events.at(-1)?.t ?? fold.createdAt;
  const timeline = events.flatMap((event): TimelineEntry[] => {
    const entry = entryOf(event, scenario, fold);
    // Set-up is nobody's doing: it begins when the learner does.
    return entry && event.t >= first ? [{ at: event.t - first, ...entry }] : [];
  });
  const checks = checksOf(events, scenario, fold, first);
  // Solved once is solved: what was changed afterwards takes nothing away.
  const { score, max } = fold.solvedScore ?? scoreOf(checks.map(asVerdict), helpPrice(fold));
  const changes = timeline.filter((e) => e.kind === 'change');
  const passes = checks.flatMap((c) => (c.guard || c.firstPass === undefined ? [] : [c.firstPass]));
  const statistics = statisticsOf(events);
  const comparison = comparisonOf(events, scenario.minutes, statistics, known);
  const { pack } = scenario;
  const observed = fold.hints.filter((index) => scenario.hints[index]?.when).length;
  const report: Omit<AttemptReport, 'digest'> = {
    version: 1,
    ...(kubedrill === undefined ? {} : { kubedrill }),
    attempt: fold.id,
    scenario: {
      pack: pack.id,
      packVersion: pack.version,
      packDigest: packDigest(pack.folder),
      id: scenario.id,
      title: scenario.title,
      seed: fold.scenario.seed,
    },
    startedAt: first,
    endedAt: last,
    worked: workedTime(fold, last),
    minutes: scenario.minutes,
    score,
    max,
    solved: fold.solvedAt !== undefined,
    hints: {
      taken: fold.hints.length - observed,
      total: tiersOf(scenario).length,
      observed,
      paid: fold.hintPrice,
    },
    coach: coachSummary(fold),
    sawSolution: fold.sawSolution,
    domains: domainsOf(scenario.competencies, score, max),
    checks,
    timeline,
    statistics: {
      changes: changes.length,
      regressions: checks.reduce((sum, c) => sum + c.regressions, 0),
      ...(changes[0] ? { firstChange: changes[0].at } : {}),
      ...(passes.length > 0 ? { firstPass: Math.min(...passes) } : {}),
      ...statistics,
    },
    ...(comparison && { comparison }),
  };
  return { ...report, digest: digestOf(report) };
}

/** Whether nothing of a report was changed since it was created. */
export function isWhole({ digest, ...report }: AttemptReport): boolean {
  return digestOf(report) === digest;
}

function digestOf(report: Omit<AttemptReport, 'digest'>): string {
  return createHash('sha256').update(JSON.stringify(report)).digest('hex');
}

/** The domains of the exams that a scenario belongs to; its points are of each of them. */
function domainsOf(competencies: readonly string[], score: number, max: number): AttemptReport['domains'] {
  return curriculum.flatMap(({ exam, id, competencies: all }) => {
    const own = all.filter((c) => competencies.includes(`${exam}/${c}`));
    return own.length > 0 ? [{ exam, domain: id, competencies: own, score, max }] : [];
  });
}

/** The checks as they last stood since the last reset. */
function checksOf(
  events: readonly AttemptEvent[],
  scenario: Scenario,
  fold: AttemptFold,
  first: number,
): ReportedCheck[] {
  const sinceReset = events.slice(events.findLastIndex((e) => e.type === 'resetting') + 1);
  return scenario.checks.map(({ id, title, type, weight, guard }) => {
    const reported = sinceReset.flatMap((e) => (e.type === 'verdict' && e.check === id ? [e] : []));
    const last = reported.at(-1);
    const passed = reported.findIndex((e) => e.status === 'pass');
    const pass = reported[passed];
    const regressions = reported.filter(
      (e, i) => passed >= 0 && i > passed && e.status === 'fail' && reported[i - 1]?.status !== 'fail',
    );
    return {
      id,
      title,
      type,
      weight,
      guard,
      status: last?.status ?? 'pending',
      actual: last ? said(fold, id, 1, last.actual) : 'not judged yet',
      why: last ? said(fold, id, 2, last.why) : '',
      level: askedOf(fold, id).level,
      ...(pass ? { firstPass: Math.max(0, pass.t - first) } : {}),
      regressions: regressions.length,
    };
  });
}

/** A check of a report as its verdict. */
export function asVerdict({ id, title, status, weight, guard, actual, why }: ReportedCheck): Verdict {
  const scored = status === 'pass' ? 'pass' : 'fail';
  return { id, title, status, weight, guard, expected: '', actual, why, evidence: [], since: 0, scored };
}

/** What a check says of a level: nothing that was not asked for, until the attempt is over. */
function said(fold: AttemptFold, check: string, level: CoachLevel, text: string): string {
  const isOver = fold.phase === 'stopped' || fold.solvedAt !== undefined || fold.sawSolution;
  return isOver || askedOf(fold, check).level >= level ? text : '';
}

function entryOf(
  event: AttemptEvent,
  { checks, hints }: Scenario,
  fold: AttemptFold,
): Omit<TimelineEntry, 'at'> | undefined {
  const titleOf = (check: string) => checks.find(({ id }) => id === check)?.title ?? check;
  switch (event.type) {
    case 'activated':
      return { kind: 'start', text: 'the clock runs' };
    case 'activity': {
      const { change, kind, namespace, name, manager, detail } = event.activity;
      const where = namespace ? ` in ${namespace}` : '';
      const by = manager ? ` (${manager})` : '';
      return { kind: 'change', text: `${change} ${kind} ${name}${where}${detail ? `: ${detail}` : ''}${by}` };
    }
    case 'mended': {
      const { kind, name, detail } = event.activity;
      return { kind: 'note', text: `${kind} ${name}: ${detail}` };
    }
    case 'verdict': {
      const { check, status } = event;
      const cause = said(fold, check, 2, event.why) || said(fold, check, 1, event.actual);
      const because = status === 'pass' || cause === '' ? '' : `: ${cause}`;
      return { kind: 'verdict', text: `${status}: ${titleOf(check)}${because}` };
    }
    case 'coach': {
      const { check, level, price } = event;
      return { kind: 'coach', text: `asked about ${titleOf(check)}: level ${level}, for ${price} points` };
    }
    case 'answer': {
      const { file, text } = event;
      return { kind: 'answer', text: text === undefined ? `answer ${file}: none` : `answer ${file}: ${text.trim()}` };
    }
    case 'hint': {
      const turn = hints.slice(0, event.index + 1).filter((hint) => !hint.when).length;
      const which = hints[event.index]?.when ? 'a hint on what was there' : `hint ${turn}`;
      return { kind: 'hint', text: `${which}, for ${event.price} points` };
    }
    case 'solution':
      return { kind: 'solution', text: 'the solution was looked at' };
    case 'resetting':
      return { kind: 'reset', text: 'everything is put back' };
    case 'paused':
      return { kind: 'pause', text: event.why ? `the clock stands: ${event.why}` : 'the clock stands' };
    case 'suspended':
      return { kind: 'pause', text: 'the clock stands' };
    case 'working':
    case 'resumed':
      return { kind: 'pause', text: 'it goes on' };
    case 'solved':
      return { kind: 'solved', text: `solved with ${event.score} of ${event.max}` };
    case 'stopped':
      return { kind: 'end', text: 'ended' };
    default:
      return undefined;
  }
}

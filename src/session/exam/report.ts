import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { areGuardsEarning, scoreOf, type Verdict } from '../../grading/types.ts';
import { replaceFile } from '../../kernel/files.ts';
import { passMark } from '../../scenario/exams.ts';
import { packDigest } from '../../scenario/trust.ts';
import type { Scenario } from '../../scenario/types.ts';
import type { AttemptEvent, ScenarioRef } from '../events.ts';
import { type AttemptReport, asVerdict, type ReportedCheck, reportOf } from '../report.ts';
import type { ExamMode, ExamRef } from './events.ts';
import { type FoldedTask, type SittingFold, spentOn } from './fold.ts';

/** Points of the exam, in percent, that a check would have given, and why it did not. */
export interface LostPoints {
  check: string;
  title: string;
  points: number;
  why: string;
}

export interface ReportedTask {
  number: number;
  host: string;
  scenario: ScenarioRef;
  title: string;
  domain?: string;
  competencies: string[];
  attempt?: string;
  /** Of the task. */
  score: number;
  max: number;
  solved: boolean;
  /** Of the exam, in percent: what it counts, and what of that was earned. */
  weight: number;
  points: number;
  /** What it should take, and the milliseconds that it was the current one. */
  minutes: number;
  spent: number;
  flagged: boolean;
  checks: Pick<ReportedCheck, 'id' | 'title' | 'weight' | 'status'>[];
  lost: LostPoints[];
}

/** The result of a sitting. Fields are only ever added to version 1. */
export interface ExamReport {
  version: 1;
  /** Version and build of the kubedrill that wrote the report. */
  kubedrill?: string;
  sitting: string;
  exam: ExamRef & { packVersion: string; packDigest: string };
  mode: ExamMode;
  seed: number;
  /** Milliseconds since 1970. */
  startedAt: number;
  submittedAt: number;
  submittedBy: 'learner' | 'deadline';
  minutes: number;
  /** In percent. */
  score: number;
  max: number;
  passMark: number;
  passed: boolean;
  domains: { domain: string; score: number; max: number }[];
  tasks: ReportedTask[];
  /** What to do again, what lost most first; `lost` in percent. */
  review: { scenario: ScenarioRef; title: string; competencies: string[]; lost: number }[];
  /** Mode mastery: the best sitting of the same exam before this one. */
  best?: { sitting: string; score: number; submittedAt: number };
  /** SHA-256 of all of the above as JSON, by which a collected report is known to be whole. */
  digest: string;
}

export interface ExamReportSources {
  fold: SittingFold;
  /** By task. */
  scenarios: readonly Scenario[];
  /** The log of each task's attempt; empty where there is none. */
  logs: readonly (readonly AttemptEvent[])[];
  best?: ExamReport['best'] | undefined;
  kubedrill?: string | undefined;
}

/** Makes the report of a sitting that was submitted, as everything stood at that time. */
export function examReportOf({ fold, scenarios, logs, best, kubedrill }: ExamReportSources): ExamReport | undefined {
  const { submitted, id, exam, mode, seed, minutes } = fold;
  const [first] = scenarios;
  if (!submitted || !first) return undefined;
  const tasks = scenarios.flatMap((scenario, index) => {
    const task = fold.tasks[index];
    const spent = spentOn(fold, index, submitted.at);
    return task
      ? [taskReport(index + 1, task, { scenario, events: countedEvents(logs[index] ?? [], fold), spent })]
      : [];
  });
  const score = hundredths(tasks.reduce((sum, task) => sum + exactPoints(task), 0));
  const report: Omit<ExamReport, 'digest'> = {
    version: 1,
    ...(kubedrill !== undefined && { kubedrill }),
    sitting: id,
    exam: { ...exam, packVersion: first.pack.version, packDigest: packDigest(first.pack.folder) },
    mode,
    seed,
    startedAt: fold.openedAt ?? fold.createdAt,
    submittedAt: submitted.at,
    submittedBy: submitted.by,
    minutes,
    score,
    max: 100,
    passMark,
    passed: score >= passMark,
    domains: domainsOf(tasks),
    tasks,
    review: tasks
      .filter(({ points, weight }) => points < weight)
      .map(({ scenario, title, competencies, points, weight }) => {
        return { scenario, title, competencies, lost: hundredths(weight - points) };
      })
      .sort((a, b) => b.lost - a.lost),
    ...(best && { best }),
  };
  return { ...report, digest: digestOf(report) };
}

/** Whether nothing of a report was changed since it was created. */
export function isWholeExam({ digest, ...report }: ExamReport): boolean {
  return digestOf(report) === digest;
}

function digestOf(report: Omit<ExamReport, 'digest'>): string {
  return createHash('sha256').update(JSON.stringify(report)).digest('hex');
}

/** What of an attempt's log counts: all up to the end of the sitting, where the attempt ends, too. */
export function countedEvents(events: readonly AttemptEvent[], { submitted }: SittingFold): AttemptEvent[] {
  const at = submitted?.at ?? Number.POSITIVE_INFINITY;
  const counted = events.filter(({ t, type }) => t <= at && type !== 'stopped');
  return counted.length === 0 ? [] : [...counted, { t: at, type: 'stopped' }];
}

function taskReport(
  number: number,
  task: FoldedTask,
  { scenario, events, spent }: { scenario: Scenario; events: readonly AttemptEvent[]; spent: number },
): ReportedTask {
  const report = reportOf(events, scenario);
  const checks = (report?.checks ?? scenario.checks.map(unjudged)).map((check) => ({
    check,
    verdict: { ...asVerdict(check), scored: scoredOf(events, check.id) },
  }));
  const verdicts = checks.map(({ verdict }) => verdict);
  const { score, max, solved } = scoreOf(verdicts, report ? report.hints.paid + report.coach.paid : 0);
  const isEarning = areGuardsEarning(verdicts);
  const lost = checks.flatMap(({ check: { id, title, weight, guard, why, actual }, verdict }): LostPoints[] => {
    const points = hundredths((weight * task.weight) / max);
    if (verdict.scored === 'fail') return [{ check: id, title, points, why: why || actual }];
    return guard && !isEarning ? [{ check: id, title, points, why: 'counts with the first other point' }] : [];
  });
  const { scenario: ref, title, weight, domain, host, minutes, flagged, attempt } = task;
  return {
    number,
    host,
    scenario: ref,
    title,
    ...(domain !== undefined && { domain }),
    competencies: scenario.competencies,
    ...(attempt !== undefined && { attempt }),
    score,
    max,
    solved,
    weight,
    points: hundredths((weight * score) / max),
    minutes,
    spent,
    flagged,
    checks: checks.map(({ check: { id, title: name, weight: own, status } }) => ({
      id,
      title: name,
      weight: own,
      status,
    })),
    lost: lost.filter(({ points }) => points > 0),
  };
}

/** A check of a task that was never set up. */
function unjudged({ id, title, type, weight, guard }: Scenario['checks'][number]): AttemptReport['checks'][number] {
  const none = { status: 'pending', actual: 'the task was never ready', why: '' } as const;
  return { id, title, type, weight, guard, level: 0, regressions: 0, ...none };
}

/** What a check counts as: its last status that was the learner's doing. */
function scoredOf(events: readonly AttemptEvent[], check: string): Verdict['scored'] {
  const sinceReset = events.slice(events.findLastIndex((event) => event.type === 'resetting') + 1);
  const last = sinceReset.findLast(
    (event) => event.type === 'verdict' && event.check === check && event.status !== 'error',
  );
  return last?.type === 'verdict' && last.status === 'pass' ? 'pass' : 'fail';
}

function domainsOf(tasks: readonly ReportedTask[]): ExamReport['domains'] {
  const names = [...new Set(tasks.map(({ domain = '' }) => domain))];
  return names.map((domain) => {
    const own = tasks.filter((task) => (task.domain ?? '') === domain);
    return {
      domain,
      score: hundredths(own.reduce((sum, task) => sum + exactPoints(task), 0)),
      max: own.reduce((sum, { weight }) => sum + weight, 0),
    };
  });
}

/** Rounding is for each number that is shown: sums are of what was earned. */
function exactPoints({ weight, score, max }: ReportedTask): number {
  return max === 0 ? 0 : (weight * score) / max;
}

function hundredths(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 100) / 100 : 0;
}

function reportFile(folder: string, sitting: string): string {
  return join(folder, sitting, 'report.json');
}

/** `folder` is that of all sittings. */
export function writeExamReport(folder: string, report: ExamReport): Promise<void> {
  return replaceFile(reportFile(folder, report.sitting), `${JSON.stringify(report)}\n`);
}

/** The report of a sitting; undefined: there is none that is whole. */
export async function readExamReport(folder: string, sitting: string): Promise<ExamReport | undefined> {
  try {
    const report = JSON.parse(await readFile(reportFile(folder, sitting), 'utf8')) as ExamReport;
    return isWholeExam(report) ? report : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

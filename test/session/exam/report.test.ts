import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VerdictStatus } from '../../../src/checks/types.ts';
import { examReportHtml } from '../../../src/present/exam-html.ts';
import { examReportText } from '../../../src/present/exam-text.ts';
import { Catalog } from '../../../src/scenario/catalog.ts';
import type { AttemptEvent } from '../../../src/session/events.ts';
import { foldSitting, type SittingFold } from '../../../src/session/exam/fold.ts';
import { type ExamReport, examReportOf, isWholeExam } from '../../../src/session/exam/report.ts';

const catalog = new Catalog(join(import.meta.dirname, '..', '..', '..', 'scenarios'));
const scenarios = [catalog.scenario('escalation'), catalog.scenario('three-readers')];
const [first, second] = scenarios;
if (!first || !second) throw new Error('no scenarios');

const end = 1_000;

function sitting(title = 'Mock'): SittingFold {
  const tasks = scenarios.map(({ id, title: name, minutes }, index) => ({
    scenario: { pack: 'in-cluster-api-access', id, seed: 0 },
    title: name,
    minutes,
    weight: index === 0 ? 70 : 30,
    domain: index === 0 ? 'cka/cluster-architecture' : 'cka/troubleshooting',
    host: `cka123${index}`,
  }));
  const fold = foldSitting([
    {
      t: 0,
      type: 'created',
      version: 1,
      id: 'mock-1',
      exam: { pack: 'p', id: 'mock', title },
      mode: 'exam',
      seed: 0,
      minutes: 60,
      tasks,
      on: { provider: 'embedded' },
    },
    { t: 0, type: 'opened' },
    { t: 900, type: 'went', task: 1 },
    { t: end, type: 'submitted', by: 'deadline', at: end },
  ]);
  if (!fold) throw new Error('no fold');
  return fold;
}

/** The log of an attempt at which each check had these verdicts, one after the other, from 10 on. */
function logOf(scenario: (typeof scenarios)[number], ...rows: [t: number, status: VerdictStatus][]): AttemptEvent[] {
  const exam = { id: 'mock-1', host: 'cka1230', locked: true };
  const ref = { pack: 'in-cluster-api-access', id: scenario.id, seed: 0 };
  return [
    { t: 0, type: 'created', version: 1, id: 'a', scenario: ref, title: 'A', minutes: 5, coach: 0, exam },
    { t: 5, type: 'activated' },
    ...rows.flatMap(([t, status]) =>
      scenario.checks.map(({ id }): AttemptEvent => {
        return { t, type: 'verdict', check: id, status, actual: 'is so', why: '<it> is \u001b[31mmissing' };
      }),
    ),
    { t: 5_000, type: 'stopped' },
  ];
}

const reportOf = (logs: AttemptEvent[][], fold = sitting()): ExamReport => {
  const report = examReportOf({ fold, scenarios, logs });
  if (!report) throw new Error('no report');
  return report;
};

describe('the report of an exam', () => {
  it('weighs tasks and domains, and knows whether it is whole', () => {
    const report = reportOf([logOf(first, [10, 'fail'], [20, 'pass']), logOf(second, [10, 'fail'])]);
    expect(report).toMatchObject({ score: 70, passMark: 66, passed: true, submittedBy: 'deadline' });
    expect(report.domains).toEqual([
      { domain: 'cka/cluster-architecture', score: 70, max: 70 },
      { domain: 'cka/troubleshooting', score: 0, max: 30 },
    ]);
    expect(report.tasks.map(({ points, spent }) => [points, spent])).toEqual([
      [70, 900],
      [0, 100],
    ]);
    expect(report.review.map(({ scenario, lost }) => [scenario.id, lost])).toEqual([['three-readers', 30]]);
    expect(isWholeExam(report)).toBe(true);
    expect(isWholeExam({ ...report, score: 100 })).toBe(false);
  });

  it('counts what stood at the end, and neither what came later nor what is no doing of the learner', () => {
    const late = reportOf([logOf(first, [10, 'fail'], [end + 1, 'pass']), []]);
    expect(late.score).toBe(0);
    const lost = reportOf([logOf(first, [10, 'pass'], [20, 'fail']), []]);
    expect(lost.score).toBe(0);
    const broken = reportOf([logOf(first, [10, 'pass'], [20, 'error']), []]);
    expect(broken.score).toBe(70);
  });

  it('says of a task that was never there what it was worth', () => {
    const { tasks } = reportOf([[], []]);
    expect(tasks[0]?.lost.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(70, 1);
    expect(tasks[0]?.lost[0]?.why).toBe('the task was never ready');
  });

  it('gives partial credit by check', () => {
    const [check] = first.checks.filter(({ guard }) => !guard);
    if (!check) throw new Error('no check');
    const log = logOf(first, [10, 'fail']);
    log.splice(-1, 0, { t: 30, type: 'verdict', check: check.id, status: 'pass', actual: '', why: '' });
    expect(reportOf([log, []]).tasks[0]?.points).toBeCloseTo((70 * check.weight) / 100, 2);
  });

  it('is shown without anything of it being taken for markup or for the terminal', () => {
    const report = reportOf([logOf(first, [10, 'fail']), []], sitting('<b>Mock</b>'));
    const html = examReportHtml(report);
    expect(html).not.toMatch(/<b>|<it>|\u001b/);
    expect(html).toContain('&lt;b&gt;Mock&lt;/b&gt;');
    expect(html).toContain('<caption>Score by domain</caption>');
    const text = examReportText(report, (_, plain) => plain);
    expect(text).toContain('What was lost');
    expect(text).not.toContain('\u001b');
    expect(text).toContain('kubedrill start in-cluster-api-access/escalation');
  });

  it('compares with the best before', () => {
    const fold = sitting();
    const best = { sitting: 'mock-0', score: 60.5, submittedAt: 0 };
    const logs = [logOf(first, [10, 'pass']), []];
    const report = examReportOf({ fold, scenarios, logs, best });
    if (!report) throw new Error('no report');
    expect(examReportText(report, (_, plain) => plain)).toContain('9.5 % better than your best before');
  });
});

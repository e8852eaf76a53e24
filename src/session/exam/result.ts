import type { Scenario } from '../../scenario/types.ts';
import { readAttemptLog } from '../attempt-logs.ts';
import { type ProgressLog, progressRecordsOf } from '../progress.ts';
import type { SittingFold } from './fold.ts';
import { readSittings } from './logs.ts';
import { countedEvents, type ExamReport, examReportOf, readExamReport, writeExamReport } from './report.ts';

export interface ResultSources {
  fold: Readonly<SittingFold>;
  scenarios: readonly Scenario[];
  /** Folder of all sittings, and that of all attempts. */
  folder: string;
  attemptsFolder: string;
  progress: ProgressLog;
  version?: string | undefined;
}

/** Reads from the logs of its attempts how a sitting that was submitted came out, and keeps that: report and progress. */
export async function keepResult(sources: ResultSources): Promise<ExamReport | undefined> {
  const { fold, scenarios, folder, attemptsFolder, progress, version: kubedrill } = sources;
  const logs = await Promise.all(fold.tasks.map(({ attempt = '' }) => readAttemptLog(attemptsFolder, attempt)));
  for (const events of logs) await progress.append(progressRecordsOf(countedEvents(events, fold)));
  const best = fold.mode === 'mastery' ? await bestBefore(folder, fold) : undefined;
  const report = examReportOf({ fold, scenarios, logs, best, kubedrill });
  if (report) await writeExamReport(folder, report);
  return report;
}

/** The best result of the same exam before this one, of sittings without help. */
async function bestBefore(folder: string, { id, exam }: Readonly<SittingFold>): Promise<ExamReport['best']> {
  const others = (await readSittings(folder)).filter(
    (other) =>
      other.id !== id && other.mode !== 'training' && other.exam.pack === exam.pack && other.exam.id === exam.id,
  );
  const reports = await Promise.all(others.map((other) => readExamReport(folder, other.id)));
  const [best] = reports.filter((report) => report !== undefined).sort((a, b) => b.score - a.score);
  return best && { sitting: best.sitting, score: best.score, submittedAt: best.submittedAt };
}

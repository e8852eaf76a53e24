import { writeFileSync } from 'node:fs';
import { exitCodes, UserError } from '../../kernel/errors.ts';
import { examReportHtml } from '../../present/exam-html.ts';
import { examReportText } from '../../present/exam-text.ts';
import { paintFor } from '../../present/text.ts';
import { goesOn } from '../../session/exam/fold.ts';
import { readSitting, readSittings, sittingsFolder, unknownSitting } from '../../session/exam/logs.ts';
import { type ExamReport, readExamReport } from '../../session/exam/report.ts';
import { asking } from '../ask.ts';
import type { CommandFactory } from '../command.ts';
import type { Services } from '../services.ts';
import { parseTask } from './numbers.ts';
import { examLabs, type SittingOptions, sittingCommand, sittingId } from './sitting.ts';

interface EndOptions extends SittingOptions {
  yes?: boolean;
}

export const submit: CommandFactory = ({ services, print, json, exit }) =>
  sittingCommand('submit', 'end the exam and say how it came out; exit code 0 only if it is passed')
    .option('--keep <task>', 'let the cluster of this task stay, to look at it', parseTask)
    .option('--yes', 'without being asked')
    .action(async (options: EndOptions & { keep?: number }) => {
      const labs = await examLabs(services, options);
      const id = sittingId(services, options);
      if (!options.yes && !options.json && !(await agrees(services, 'Submit the exam? There is no way back. [y/N] '))) {
        return print('nothing was done');
      }
      const state = await labs.examSubmit({ id, ...(options.keep !== undefined && { keep: options.keep }) });
      const report = await reportNamed(services, state.id);
      if (options.json) json(report);
      else print(examReportText(report, paintFor(services.stdout)));
      const kept = options.keep === undefined ? undefined : report.tasks[options.keep - 1]?.attempt;
      if (kept && !options.json) print(`\nthe cluster of task ${options.keep} stays: kubedrill cluster list`);
      exit(report.passed ? exitCodes.ok : exitCodes.notSolved);
    });

export const stop: CommandFactory = ({ services, print, json }) =>
  sittingCommand('stop', 'end the exam without a result')
    .option('--yes', 'without being asked')
    .action(async (options: EndOptions) => {
      const labs = await examLabs(services, options);
      const id = sittingId(services, options);
      if (!options.yes && !options.json && !(await agrees(services, 'Throw the exam away? [y/N] '))) {
        return print('nothing was done');
      }
      const state = await labs.examStop({ id });
      if (options.json) return json({ sitting: state.id, phase: state.phase });
      print(`${state.id} is thrown away, its clusters are gone`);
    });

export const report: CommandFactory = ({ services, print, json }) =>
  sittingCommand('report', 'the result of an exam: by domain, what was lost and why, what to do again')
    .option('--html <file>', 'write it there as one page')
    .action(async (options: SittingOptions & { html?: string }) => {
      const wanted = await reportNamed(services, sittingId(services, options));
      if (options.html) {
        writeFileSync(options.html, examReportHtml(wanted));
        if (!options.json) print(options.html);
      }
      if (options.json) json(wanted);
      else if (!options.html) print(examReportText(wanted, paintFor(services.stdout)));
    });

/** The report of a sitting, or of the one that was submitted last. */
async function reportNamed(services: Services, id: string | undefined): Promise<ExamReport> {
  const folder = sittingsFolder(services.paths);
  const fold =
    id === undefined ? (await readSittings(folder)).find((one) => one.submitted) : await readSitting(folder, id);
  if (!fold && id !== undefined) throw unknownSitting(folder, id);
  if (!fold) {
    throw new UserError({ what: 'no exam was submitted yet', next: 'kubedrill exam start <exam>, or exam submit' });
  }
  const found = await readExamReport(folder, fold.id);
  if (found) return found;
  if (goesOn(fold)) {
    throw new UserError({ what: 'that comes after the exam', next: 'kubedrill exam submit, when you are done' });
  }
  throw new UserError({
    what: `the exam ${fold.id} has no result`,
    why: fold.phase === 'discarded' ? 'it was thrown away' : 'its report is not there, or was changed',
    next: 'kubedrill exam sittings',
  });
}

async function agrees(services: Services, question: string): Promise<boolean> {
  if (!services.stdin.isTTY || !services.stdout.isTTY) {
    throw new UserError({ what: 'this ends the exam', next: 'agree to it: --yes' });
  }
  return /^y(es)?$/i.test(await asking(services, (ask) => ask(question)));
}

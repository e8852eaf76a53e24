import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { systemClock } from '../kernel/clock.ts';
import { EnvironmentError, UserError } from '../kernel/errors.ts';
import { dayText, progressMark, shareBar, shareText } from '../present/progress.ts';
import { clockText, tableText } from '../present/text.ts';
import {
  foldSeeds,
  ProgressLog,
  parseProgress,
  progressText,
  readProgress,
  readProgressRecords,
  renamedKeys,
} from '../session/progress.ts';
import { domainShares } from '../session/scenario-rows.ts';
import type { CommandFactory } from './command.ts';
import { rowsWithProgress } from './progress-rows.ts';

export const progress: CommandFactory = ({ services, print, json }) => {
  // Read when it is needed: the manual page knows no paths.
  const state = () => services.paths.state;
  const command = new Command('progress')
    .description('what you have achieved so far, by domain and scenario; it outlives attempts and clusters')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const entries = await services.scenarios();
      const rows = await rowsWithProgress(services, entries);
      const shares = domainShares(rows);
      const tried = rows.flatMap((row) => (row.progress ? [{ ...row, progress: row.progress }] : []));
      if (options.json) {
        const renamed = renamedKeys(entries.map((entry) => entry.pack));
        const seeds = foldSeeds(await readProgressRecords(state()), renamed);
        return json({
          domains: shares.map(({ exam, title, weight, done }) => ({ exam, domain: title, weight, ...done })),
          scenarios: tried.map(({ pack, id, progress: own, due, isDue, progressKey }) => ({
            ...{ pack, scenario: id, ...own },
            ...(due !== undefined && { due, isDue }),
            seeds: seeds.get(progressKey) ?? [],
          })),
        });
      }
      print(tableText(shares.map(shareCells)));
      if (tried.length === 0) return print('\nnothing was tried yet; start one with: kubedrill start <scenario>');
      const lines = tried.map((row) => {
        const { best, bestTime, tries, level, hints, lastAt } = row.progress;
        return [
          progressMark(row),
          row.id,
          best ? `${best.score} of ${best.max}` : '',
          bestTime === undefined ? '' : clockText(bestTime),
          String(tries),
          level === undefined ? '' : String(level),
          hints === undefined ? '' : String(hints),
          dayText(lastAt),
          row.due === undefined ? '' : row.isDue ? 'now' : dayText(row.due),
        ];
      });
      print(`\n${tableText([['', 'SCENARIO', 'BEST', 'TIME', 'TRIES', 'LEVEL', 'HINTS', 'LAST', 'DUE'], ...lines])}`);
    });
  command
    .command('export')
    .description('print all that was achieved, one JSON document a line, to be kept or imported elsewhere')
    .action(async () => {
      const text = await progressText(state());
      if (text !== '') services.stdout.write(text);
    });
  command
    .command('import')
    .description('add what was exported elsewhere; what is known already counts once')
    .argument('<file>', 'what `kubedrill progress export` printed')
    .action(async (file: string) => {
      const text = await readFile(file, 'utf8').catch((cause: Error) => {
        throw new EnvironmentError({ what: `${file} cannot be read`, why: cause.message }, { cause });
      });
      const parsed = parseProgress(text);
      if ('line' in parsed) {
        throw new UserError({
          what: `${file}:${parsed.line}:1: this is no line of an exported progress`,
          why: 'nothing was imported',
          next: 'name a file that kubedrill progress export has written',
        });
      }
      const before = (await readProgress(state())).size;
      const log = await ProgressLog.open(state(), { clock: systemClock, log: () => undefined });
      await log.append(parsed.records);
      await log.close();
      const after = (await readProgress(state())).size;
      print(`${parsed.records.length} records read; ${after - before} scenarios are new here`);
    });
  return command;
};

function shareCells({ exam = '', title, weight, done }: ReturnType<typeof domainShares>[number]): string[] {
  return [
    exam.toUpperCase(),
    title,
    weight === undefined ? '' : `${weight} %`,
    shareBar(done),
    `${done.solved} of ${done.scenarios}`,
    shareText(done),
  ];
}

import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { systemClock } from '../kernel/clock.ts';
import { EnvironmentError, UserError } from '../kernel/errors.ts';
import { clockText, tableText } from '../present/text.ts';
import { curriculum } from '../scenario/curriculum.ts';
import { domainsOf } from '../scenario/exams.ts';
import type { ScenarioEntry } from '../scenario/overview.ts';
import {
  type Progress,
  ProgressLog,
  parseProgress,
  progressKey,
  progressText,
  readProgress,
  renamedKeys,
} from '../session/progress.ts';
import type { CommandFactory } from './command.ts';

/** Cells of a domain's bar. */
const barWidth = 20;

export const progress: CommandFactory = ({ services, print, json }) => {
  // Read when it is needed: the manual page knows no paths.
  const state = () => services.paths.state;
  const command = new Command('progress')
    .description('what you have achieved so far, by domain and scenario; it outlives attempts and clusters')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const entries = await services.scenarios();
      const achieved = await readProgress(state(), renamedKeys(entries.map((entry) => entry.pack)));
      if (options.json)
        return json({ domains: domainsDone(entries, achieved), scenarios: scenariosTried(entries, achieved) });
      const tried = scenariosTried(entries, achieved);
      print(domainsDone(entries, achieved).map(domainLine).join('\n'));
      if (tried.length === 0) return print('\nnothing was tried yet; start one with: kubedrill start <scenario>');
      const rows = tried.map(({ scenario, solved, best, bestTime, tries, level, lastAt }) => [
        solved ? '✔' : '',
        scenario,
        best ? `${best.score} of ${best.max}` : '',
        bestTime === undefined ? '' : clockText(bestTime),
        String(tries),
        level === undefined ? '' : String(level),
        new Date(lastAt).toISOString().slice(0, 10),
      ]);
      print(`\n${tableText([['', 'SCENARIO', 'BEST', 'TIME', 'TRIES', 'LEVEL', 'LAST'], ...rows])}`);
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

/** For each domain of the exams how many of its scenarios are solved. */
function domainsDone(entries: readonly ScenarioEntry[], achieved: Progress) {
  return curriculum.flatMap(({ exam, id, weight }) => {
    const own = entries.filter((entry) => domainsOf(entry).includes(`${exam}/${id}`));
    const solved = own.filter((entry) => achieved.get(keyOf(entry))?.solved).length;
    return own.length === 0 ? [] : [{ exam, domain: id, weight, solved, scenarios: own.length }];
  });
}

function domainLine({ exam, domain, weight, solved, scenarios }: ReturnType<typeof domainsDone>[number]): string {
  const full = Math.round((solved / scenarios) * barWidth);
  const bar = '█'.repeat(full) + '░'.repeat(barWidth - full);
  return `${exam.toUpperCase().padEnd(4)}  ${domain.padEnd(28)}  ${String(weight).padStart(2)} %  ${bar}  ${solved} of ${scenarios}`;
}

/** The scenarios that were tried, in the order of the list. */
function scenariosTried(entries: readonly ScenarioEntry[], achieved: Progress) {
  return entries.flatMap((entry) => {
    const own = achieved.get(keyOf(entry));
    return own ? [{ pack: entry.pack.id, scenario: entry.id, ...own }] : [];
  });
}

function keyOf({ pack, id }: ScenarioEntry): string {
  return progressKey({ pack: pack.id, id });
}

import { Command, Option } from 'commander';
import { UserError } from '../../kernel/errors.ts';
import { didYouMean } from '../../kernel/nearest.ts';
import { examTaskText, sittingLine } from '../../present/exam-text.ts';
import { paintFor, tableText } from '../../present/text.ts';
import { printableLine } from '../../present/width.ts';
import type { Catalog } from '../../scenario/catalog.ts';
import type { Exam, Pack } from '../../scenario/types.ts';
import { type ExamMode, examModes, modeTexts } from '../../session/exam/events.ts';
import { goesOn } from '../../session/exam/fold.ts';
import { readSittings, sittingsFolder } from '../../session/exam/logs.ts';
import { readExamReport } from '../../session/exam/report.ts';
import { type CommandFactory, reportCleanup } from '../command.ts';
import { anySeed, parseSeed } from '../seeds.ts';
import { taskOf } from './sitting.ts';

interface Options {
  pack?: string;
  seed?: number;
  json?: boolean;
}

interface StartOptions extends Options {
  mode: ExamMode;
  provider: string;
}

export const list: CommandFactory = ({ services, print, json }) =>
  new Command('list')
    .alias('ls')
    .description('list the exams')
    .option('--pack <pack>', 'only those of this pack: its name or its folder')
    .option('--json', 'print one JSON document')
    .action(async (options: Options) => {
      const rows = examsOf(await services.catalog(), options.pack).map(
        ({ exam: { id, title, minutes, tasks, fixed }, pack }) => {
          return { id, title, pack: pack.id, minutes, tasks, mock: fixed !== undefined };
        },
      );
      if (options.json) return json(rows);
      const heading = ['EXAM', 'TITLE', 'PACK', 'TASKS', 'MINUTES'];
      print(tableText([heading, ...rows.map((r) => [r.id, r.title, r.pack, String(r.tasks), String(r.minutes)])]));
    });

export const start: CommandFactory = ({ services, print, json, note }) =>
  new Command('start')
    .description('begin an exam: each task has a cluster and a host of its own, and the time runs until the end')
    .argument('<exam>', 'its id, as in kubedrill exam list')
    .option('--pack <pack>', 'of this pack: its name or its folder')
    .option('--seed <number>', 'what draws tasks and names; the same gives the same (default: any)', parseSeed)
    .addOption(
      new Option('--mode <mode>', examModes.map((mode) => `${mode}: ${modeTexts[mode]}`).join('; '))
        .choices(examModes)
        .default('exam'),
    )
    .addOption(new Option('--provider <provider>', 'where').choices(['embedded', 'kind']).default('embedded'))
    .option('--json', 'print one JSON document')
    .action(async (id: string, options: StartOptions) => {
      // What is wrong with its name is said before a daemon is started for it.
      const { pack } = examOf(await services.catalog(), id, options.pack);
      const labs = await services.labs();
      reportCleanup({ services, note });
      let step: string | undefined;
      const state = await labs.examStart(
        {
          exam: id,
          ...(pack.builtIn ? { pack: pack.id } : { packFolder: pack.folder }),
          seed: options.seed ?? anySeed(),
          mode: options.mode,
          provider: options.provider,
        },
        {
          onEvent: ({ tasks: [first] }) => {
            if (first?.step && first.step !== step && !options.json) note(first.step);
            step = first?.step;
          },
          signal: services.signal,
        },
      );
      if (options.json) return json(state);
      const paint = paintFor(services.stdout);
      print(`${sittingLine(state, paint)}\n`);
      print(`${examTaskText(taskOf(state), state, paint, services.stdout.columns)}\n`);
      print(paint('dim', 'kubedrill exam shell opens the terminal that ssh works in; exam task, next, flag, submit'));
    });

export const sittings: CommandFactory = ({ services, print, json }) =>
  new Command('sittings')
    .description('the exams that were sat, and how they came out')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const folder = sittingsFolder(services.paths);
      const folds = (await readSittings(folder)).filter(({ phase }) => phase !== 'discarded');
      const rows = await Promise.all(
        folds.map(async (fold) => {
          const report = await readExamReport(folder, fold.id);
          const { id, exam, mode, seed, createdAt } = fold;
          const result = report && { score: report.score, passed: report.passed };
          return {
            id,
            exam: exam.id,
            pack: exam.pack,
            mode,
            seed,
            startedAt: createdAt,
            running: goesOn(fold),
            result,
          };
        }),
      );
      if (options.json) return json(rows);
      if (rows.length === 0) return print('no exam was sat yet; kubedrill exam list shows what there is');
      const cells = rows.map(({ id, exam, mode, startedAt, running, result }) => [
        id,
        exam,
        mode,
        new Date(startedAt).toISOString().slice(0, 16).replace('T', ' '),
        running ? 'goes on' : result ? `${result.score} %, ${result.passed ? 'passed' : 'not passed'}` : 'no result',
      ]);
      print(tableText([['SITTING', 'EXAM', 'MODE', 'BEGUN (UTC)', 'RESULT'], ...cells]));
    });

export const draw: CommandFactory = ({ services, print, json }) =>
  new Command('draw')
    .description('look at the tasks that a seed draws for an exam, without starting anything')
    .argument('<exam>', 'its id, as in kubedrill exam list')
    .option('--pack <pack>', 'of this pack: its name or its folder')
    .option('--seed <number>', 'what draws tasks and names; the same gives the same (default: any)', parseSeed)
    .option('--json', 'print one JSON document')
    .action(async (id: string, options: Options) => {
      // Loaded late: the format's schema takes its time.
      const { domainsOf, planExam } = await import('../../scenario/exams.ts');
      const { loadScenario, scenarioIds } = await import('../../scenario/load.ts');
      const { exam: wanted, pack } = examOf(await services.catalog(), id, options.pack);
      const seed = options.seed ?? anySeed();
      const scenarios = scenarioIds(pack).map((scenario) => loadScenario(pack, scenario, seed));
      const tasks = planExam(wanted, scenarios, seed).map(({ scenario, weight, host }) => {
        const { id: name, title, minutes, difficulty } = scenario;
        return { id: name, title, minutes, difficulty, domains: domainsOf(scenario), weight, host };
      });
      const { title, minutes } = wanted;
      if (options.json) return json({ exam: id, title, pack: pack.id, seed, minutes, tasks });
      const of = options.pack ? ` --pack ${options.pack}` : '';
      print(`${printableLine(title)}: ${tasks.length} tasks in ${minutes} minutes, drawn by seed ${seed}\n`);
      print(
        tableText([
          ['TASK', 'WEIGHT', 'MINUTES', 'TITLE', 'ALONE'],
          ...tasks.map((t, index) => [
            String(index + 1),
            `${t.weight} %`,
            String(t.minutes),
            t.title,
            `kubedrill start ${t.id}${of} --seed ${seed}`,
          ]),
        ]),
      );
      print(`\nall of it with the clock: kubedrill exam start ${id}${of} --seed ${seed}`);
    });

function examsOf(catalog: Catalog, folder: string | undefined): { exam: Exam; pack: Pack }[] {
  const packs = folder === undefined ? catalog.packs() : [catalog.pack(folder)];
  return packs.flatMap((pack) => pack.exams.map((one) => ({ exam: one, pack })));
}

function examOf(catalog: Catalog, id: string, folder: string | undefined): { exam: Exam; pack: Pack } {
  const known = examsOf(catalog, folder);
  const found = known.find((entry) => entry.exam.id === id);
  if (found) return found;
  const ids = known.map((entry) => entry.exam.id);
  throw new UserError({
    what: `there is no exam ${id}`,
    why: known.length > 0 ? `there is ${ids.join(', ')}` : 'no pack has one',
    ...didYouMean(id, ids),
    next: 'kubedrill exam list',
  });
}

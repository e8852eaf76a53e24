import { Command } from 'commander';
import { UserError } from '../kernel/errors.ts';
import { tableText } from '../present/text.ts';
import { printableLine } from '../present/width.ts';
import type { Catalog } from '../scenario/catalog.ts';
import type { Exam, Pack } from '../scenario/types.ts';
import type { CommandFactory } from './command.ts';
import { anySeed, parseSeed } from './seeds.ts';

interface Options {
  pack?: string;
  seed?: number;
  json?: boolean;
}

export const exam: CommandFactory = ({ services, print, json }) => {
  const command = new Command('exam').description('exams made of the scenarios of a pack');
  command
    .command('list')
    .alias('ls')
    .description('list the exams')
    .option('--pack <pack>', 'only those of this pack: its name or its folder')
    .option('--json', 'print one JSON document')
    .action(async (options: Options) => {
      const rows = examsOf(await services.catalog(), options.pack).map(
        ({ exam: { id, title, minutes, tasks }, pack }) => {
          return { id, title, pack: pack.id, minutes, tasks };
        },
      );
      if (options.json) return json(rows);
      const heading = ['EXAM', 'TITLE', 'PACK', 'TASKS', 'MINUTES'];
      print(tableText([heading, ...rows.map((r) => [r.id, r.title, r.pack, String(r.tasks), String(r.minutes)])]));
    });
  command
    .command('draw')
    .description('draw the tasks of an exam, to be done one after the other')
    .argument('<exam>', 'its id, as in kubedrill exam list')
    .option('--pack <pack>', 'of this pack: its name or its folder')
    .option('--seed <number>', 'what draws tasks and names; the same gives the same (default: any)', parseSeed)
    .option('--json', 'print one JSON document')
    .action(async (id: string, options: Options) => {
      // Loaded late: the format's schema takes its time.
      const { domainsOf, drawExam } = await import('../scenario/exams.ts');
      const { loadScenario, scenarioIds } = await import('../scenario/load.ts');
      const found = examsOf(await services.catalog(), options.pack);
      const { exam: wanted, pack } = found.find((entry) => entry.exam.id === id) ?? unknown(id, found);
      const seed = options.seed ?? anySeed();
      const scenarios = scenarioIds(pack).map((scenario) => loadScenario(pack, scenario, seed));
      const tasks = drawExam(wanted, scenarios, seed).map((scenario) => {
        const { id: name, title, minutes, difficulty } = scenario;
        return { id: name, title, minutes, difficulty, domains: domainsOf(scenario) };
      });
      const { title, minutes } = wanted;
      if (options.json) return json({ exam: id, title, pack: pack.id, seed, minutes, tasks });
      const of = options.pack ? ` --pack ${options.pack}` : '';
      print(`${printableLine(title)}: ${tasks.length} tasks in ${minutes} minutes, drawn by seed ${seed}\n`);
      print(
        tableText([
          ['TASK', 'MINUTES', 'TITLE', 'START'],
          ...tasks.map((t, index) => [
            String(index + 1),
            String(t.minutes),
            t.title,
            `kubedrill start ${t.id}${of} --seed ${seed}`,
          ]),
        ]),
      );
    });
  return command;
};

function examsOf(catalog: Catalog, folder: string | undefined): { exam: Exam; pack: Pack }[] {
  const packs = folder === undefined ? catalog.packs() : [catalog.pack(folder)];
  return packs.flatMap((pack) => pack.exams.map((one) => ({ exam: one, pack })));
}

function unknown(id: string, known: readonly { exam: Exam }[]): never {
  throw new UserError({
    what: `there is no exam ${id}`,
    why: known.length > 0 ? `there is ${known.map((entry) => entry.exam.id).join(', ')}` : 'no pack has one',
    next: 'kubedrill exam list',
  });
}

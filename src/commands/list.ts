import { Command, Option } from 'commander';
import { UserError } from '../kernel/errors.ts';
import { didYouMean } from '../kernel/nearest.ts';
import { bestText, groupTitle, shareBar } from '../present/progress.ts';
import { tableText } from '../present/text.ts';
import { curriculum } from '../scenario/curriculum.ts';
import { entryOf, type ScenarioEntry } from '../scenario/overview.ts';
import {
  filterRows,
  type Grouping,
  groupings,
  groupRows,
  type RowFilter,
  type ScenarioListRow,
  type Sorting,
  sortings,
  sortRows,
} from '../session/scenario-rows.ts';
import type { CommandFactory } from './command.ts';
import { rowsWithProgress } from './progress-rows.ts';
import type { Services } from './services.ts';

interface Options extends RowFilter {
  pack?: string;
  by?: Grouping;
  sort?: Sorting;
  json?: boolean;
}

const examNames = [...new Set(curriculum.map((domain) => domain.exam))];
const domains = [...new Set(curriculum.map((domain) => domain.id))];

export const list: CommandFactory = ({ services, print, json }) =>
  new Command('list')
    .alias('ls')
    .description('list the scenarios, and which you have solved')
    .addOption(new Option('--exam <exam>', 'only those for this exam').choices(examNames))
    .option('--domain <domain>', "only those of this heading of an exam's curriculum, as in troubleshooting")
    .option('--pack <pack>', 'only those of this pack: its name or its folder')
    .addOption(new Option('--difficulty <difficulty>', 'only these').choices(['easy', 'medium', 'hard']))
    .option('--unsolved', 'only those that you have not solved yet')
    .option('--due', 'only those that are due to be repeated')
    .addOption(new Option('--by <group>', 'under which headings (default: domain)').choices(groupings))
    .addOption(new Option('--sort <what>', 'in this order under each heading').choices(sortings))
    .option('--json', 'print one JSON document')
    .action(async (options: Options) => {
      if (options.domain !== undefined && !domains.includes(options.domain)) throw unknownDomain(options.domain);
      const { by = options.pack === undefined ? 'domain' : 'pack', sort, json: asJson, pack, ...filter } = options;
      const entries = await scenariosOf(services, pack);
      const all = await rowsWithProgress(services, entries);
      const found = filterRows(all, filter);
      const rows = sort ? sortRows(found, sort) : found;
      if (asJson) return json(rows.map(listed));
      if (rows.length === 0) return print('no scenario is like that');
      const groups = groupRows(rows, by, all);
      const cells = tableText([heading, ...groups.flatMap((group) => group.rows.map(cellsOf))]).split('\n');
      const [head = '', ...lines] = cells;
      print(head);
      for (const group of groups) {
        const { solved, scenarios } = group.done;
        print(`\n${groupTitle(group)}  ${shareBar(group.done)}  ${solved} of ${scenarios} solved`);
        print(lines.splice(0, group.rows.length).join('\n'));
      }
    });

const heading = ['SCENARIO', 'TITLE', 'EXAMS', 'DIFFICULTY', 'MINUTES', 'SOLVED'];

function cellsOf(row: ScenarioListRow): string[] {
  const { id, title, exams, difficulty, minutes } = row;
  return [id, title, exams.join(', ').toUpperCase(), difficulty, String(minutes), bestText(row)];
}

/** A row as `--json` has it. */
function listed({
  id,
  title,
  pack,
  exams,
  domains: own,
  competencies,
  difficulty,
  minutes,
  progress,
  due,
  isDue,
}: ScenarioListRow) {
  const { solved = false, best, bestTime, level, hints, tries = 0, lastAt } = progress ?? {};
  return {
    ...{ id, title, pack, exams, domains: own, competencies, difficulty, minutes, solved },
    ...(best && { best }),
    tries,
    ...(bestTime !== undefined && { bestTime }),
    ...(level !== undefined && { level }),
    ...(hints !== undefined && { hints }),
    ...(lastAt !== undefined && { lastAt }),
    ...(due !== undefined && { due, isDue }),
  };
}

/** All scenarios, or those of one pack, also of a folder that is not installed. */
async function scenariosOf(services: Services, pack: string | undefined): Promise<ScenarioEntry[]> {
  if (pack === undefined) return services.scenarios();
  const { loadScenario, scenarioIds } = await import('../scenario/load.ts');
  const found = (await services.catalog()).pack(pack);
  return scenarioIds(found).map((id) => entryOf(loadScenario(found, id)));
}

function unknownDomain(domain: string): UserError {
  return new UserError({
    what: `there is no domain ${domain}`,
    ...didYouMean(domain, domains),
    next: `use one of: ${domains.join(', ')}`,
  });
}

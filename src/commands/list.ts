import { Command, Option } from 'commander';
import { UserError } from '../kernel/errors.ts';
import { didYouMean } from '../kernel/nearest.ts';
import { tableText } from '../present/text.ts';
import { curriculum } from '../scenario/curriculum.ts';
import { domainsOf } from '../scenario/exams.ts';
import { entryOf, type ScenarioEntry } from '../scenario/overview.ts';
import { progressKey, readProgress, renamedKeys } from '../session/progress.ts';
import type { CommandFactory } from './command.ts';
import type { Services } from './services.ts';

interface Filters {
  exam?: string;
  domain?: string;
  pack?: string;
  difficulty?: string;
  unsolved?: boolean;
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
    .option('--json', 'print one JSON document')
    .action(async (options: Filters) => {
      if (options.domain !== undefined && !domains.includes(options.domain)) throw unknownDomain(options.domain);
      const entries = await scenariosOf(services, options.pack);
      const progress = await readProgress(services.paths.state, renamedKeys(entries.map((entry) => entry.pack)));
      const rows = entries
        .filter((entry) => matches(entry, options))
        .map((entry) => {
          const { id, title, pack, exams, competencies, difficulty, minutes } = entry;
          const { solved = false, best, tries = 0 } = progress.get(progressKey({ pack: pack.id, id })) ?? {};
          const about = {
            id,
            title,
            pack: pack.id,
            exams,
            domains: domainsOf(entry),
            competencies,
            difficulty,
            minutes,
          };
          return { ...about, solved, ...(best && { best }), tries };
        })
        .filter((row) => !options.unsolved || !row.solved);
      if (options.json) return json(rows);
      if (rows.length === 0) return print('no scenario is like that');
      const heading = ['SCENARIO', 'TITLE', 'EXAMS', 'DIFFICULTY', 'MINUTES', 'SOLVED'];
      print(
        tableText([
          heading,
          ...rows.map((r) => [
            r.id,
            r.title,
            r.exams.join(', ').toUpperCase(),
            r.difficulty,
            String(r.minutes),
            r.best ? `✔ ${r.best.score} of ${r.best.max}` : '',
          ]),
        ]),
      );
    });

/** All scenarios, or those of one pack, also of a folder that is not installed. */
async function scenariosOf(services: Services, pack: string | undefined): Promise<ScenarioEntry[]> {
  if (pack === undefined) return services.scenarios();
  const { loadScenario, scenarioIds } = await import('../scenario/load.ts');
  const found = (await services.catalog()).pack(pack);
  return scenarioIds(found).map((id) => entryOf(loadScenario(found, id)));
}

function matches(entry: ScenarioEntry, { exam, domain, difficulty }: Filters): boolean {
  return (
    (exam === undefined || entry.exams.includes(exam)) &&
    (domain === undefined || domainsOf(entry).some((own) => own.endsWith(`/${domain}`))) &&
    (difficulty === undefined || entry.difficulty === difficulty)
  );
}

function unknownDomain(domain: string): UserError {
  return new UserError({
    what: `there is no domain ${domain}`,
    ...didYouMean(domain, domains),
    next: `use one of: ${domains.join(', ')}`,
  });
}

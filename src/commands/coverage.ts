import { Command } from 'commander';
import { tableText } from '../present/text.ts';
import { type Coverage, coverageOf } from '../scenario/coverage.ts';
import type { CommandFactory } from './command.ts';

export const coverage: CommandFactory = ({ services, print, json }) =>
  new Command('coverage')
    .description("the exams' competencies, and the scenarios that train each")
    .option('--gaps', 'only those that nothing trains yet')
    .option('--json', 'print one JSON document')
    .action(async (options: { gaps?: boolean; json?: boolean }) => {
      const all = coverageOf(await services.scenarios());
      const competencies = options.gaps ? all.filter((c) => c.scenarios.length === 0) : all;
      if (options.json) return json({ competencies });
      const heading = ['COMPETENCY', 'DOMAIN', 'WEIGHT', 'SCENARIOS'];
      print(tableText([heading, ...competencies.map(row)]));
      const trained = all.filter((c) => c.scenarios.length > 0).length;
      print(`\n${trained} of ${all.length} competencies have scenarios`);
    });

function row({ id, domain, weight, scenarios }: Coverage): string[] {
  const shown = scenarios.length > 3 ? [...scenarios.slice(0, 2), `${scenarios.length - 2} more`] : scenarios;
  return [id, domain, `${weight} %`, shown.length > 0 ? shown.join(', ') : '-'];
}

import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import type { CommandFactory } from './command.ts';

interface CoverageFlags {
  gaps?: boolean;
  builtIn?: boolean;
  json?: boolean;
  markdown?: string;
}

export const coverage: CommandFactory = ({ services, print, json }) =>
  new Command('coverage')
    .description("the exams' competencies, the scenarios that train each, and where those are verified")
    .option('--gaps', 'only those that nothing trains yet')
    .option('--built-in', 'without the packs that you installed')
    .option('--json', 'print one JSON document')
    .option('--markdown <file>', 'write all of it there, with what was proved of each scenario')
    .action(async (options: CoverageFlags) => {
      // Loaded late: the format's schema takes its time.
      const { provedCoverage, provingGrounds } = await import('../authoring/coverage.ts');
      const { coverageMarkdown, verifiedText } = await import('../present/coverage-markdown.ts');
      const { tableText } = await import('../present/text.ts');
      const catalog = await services.catalog();
      const own = new Set(catalog.builtInPacks().map((pack) => pack.id));
      const entries = (await services.scenarios()).filter((entry) => !options.builtIn || own.has(entry.pack.id));
      const { competencies: all, scenarios } = provedCoverage(catalog, entries);
      if (options.markdown !== undefined) writeFileSync(options.markdown, coverageMarkdown(all, scenarios));
      const competencies = options.gaps ? all.filter((c) => c.scenarios.length === 0) : all;
      if (options.json) return json({ competencies });
      if (options.markdown !== undefined) return print(options.markdown);
      const heading = ['COMPETENCY', 'DOMAIN', 'WEIGHT', ...provingGrounds.map((p) => p.toUpperCase()), 'SCENARIOS'];
      const rows = competencies.map((c) => {
        const verified = provingGrounds.map((provider) => verifiedText(c, provider));
        return [c.id, c.domain, `${c.weight} %`, ...verified, shortened(c.scenarios)];
      });
      print(tableText([heading, ...rows]));
      const trained = all.filter((c) => c.scenarios.length > 0).length;
      print(
        `\n${trained} of ${all.length} competencies have scenarios; EMBEDDED, KIND: how many of them are verified there`,
      );
    });

function shortened(ids: readonly string[]): string {
  const shown = ids.length > 3 ? [...ids.slice(0, 2), `${ids.length - 2} more`] : ids;
  return shown.length > 0 ? shown.join(', ') : '-';
}

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { AppendLog } from '../kernel/append-log.ts';
import { UserError } from '../kernel/errors.ts';
import { visibleJson } from '../kernel/visible.ts';
import { reportCsv } from '../present/report-csv.ts';
import { reportHtml } from '../present/report-html.ts';
import { reportJUnit } from '../present/report-junit.ts';
import { reportMarkdown } from '../present/report-markdown.ts';
import { clockText, paintFor } from '../present/text.ts';
import { printable } from '../present/width.ts';
import type { AttemptEvent } from '../session/events.ts';
import { type AttemptReport, isWhole, reportOf } from '../session/report.ts';
import type { CommandFactory } from './command.ts';
import type { Services } from './services.ts';

const renderings: Record<string, (report: AttemptReport) => string> = {
  json: (report) => `${visibleJson(report)}\n`,
  html: reportHtml,
  junit: reportJUnit,
  csv: reportCsv,
  markdown: reportMarkdown,
};

export const report: CommandFactory = ({ services, print, json }) =>
  new Command('report')
    .description('the result of an attempt, running or ended, as a document')
    .argument('[attempt]', 'default: $KUBEDRILL_ATTEMPT, else the one started last')
    .addOption(new Option('--format <format>', 'as what').choices(Object.keys(renderings)).default('markdown'))
    .option('-o, --output <file>', 'write it there (default: print it)')
    .option('--json', 'print one JSON document: the report itself')
    .action(async (attempt: string | undefined, options: { format: string; output?: string; json?: boolean }) => {
      const made = await readReport(services, attempt);
      if (options.json) return json(made);
      const text = renderings[options.format]?.(made) ?? '';
      if (!options.output) return print(text.trimEnd());
      writeFileSync(options.output, text);
      print(options.output);
    });

export const replay: CommandFactory = ({ services, print, json }) =>
  new Command('replay')
    .description('what happened in an attempt: changes seen in the cluster, verdicts, hints')
    .argument('[attempt]', 'default: $KUBEDRILL_ATTEMPT, else the one started last')
    .option('--json', 'print one JSON document')
    .action(async (attempt: string | undefined, options: { json?: boolean }) => {
      const { attempt: id, scenario, timeline, statistics } = await readReport(services, attempt);
      if (options.json) return json({ attempt: id, scenario: scenario.id, timeline, statistics });
      const paint = paintFor(services.stdout);
      print(`${id}: ${printable(scenario.title)}`);
      for (const { at, kind, text } of timeline) {
        const line = printable(text).replaceAll('\n', ' ');
        const style = /^(pass|solved)/.test(text) ? 'green' : text.startsWith('fail') ? 'red' : 'reset';
        print(`${clockText(at).padStart(8)}  ${kind.padEnd(8)}  ${paint(style, line)}`);
      }
    });

/** The report of an attempt by id, of the shell's own, or of the one begun last. */
async function readReport(services: Services, given: string | undefined): Promise<AttemptReport> {
  const folder = join(services.paths.state, 'attempts');
  const id = given ?? services.env.KUBEDRILL_ATTEMPT ?? (await newestIn(folder));
  const what = id === undefined ? 'there is no attempt yet' : `there is no attempt ${id}`;
  const unknown = new UserError({ what, next: 'kubedrill list' });
  if (id === undefined || !/^[a-z0-9-]+$/.test(id)) throw unknown;
  const events = await AppendLog.read<AttemptEvent>(join(folder, id, 'events.jsonl'));
  const [first] = events;
  if (first?.type !== 'created') throw unknown;
  const { pack, id: scenario, seed, folder: packFolder } = first.scenario;
  const name = packFolder ? scenario : `${pack}/${scenario}`;
  const catalog = await services.catalog();
  const made = reportOf(events, catalog.scenario(name, { seed, ...(packFolder ? { packFolder } : {}) }));
  if (!made || !isWhole(made)) throw unknown;
  return made;
}

async function newestIn(folder: string): Promise<string | undefined> {
  if (!existsSync(folder)) return undefined;
  const begun = await Promise.all(
    readdirSync(folder).map(async (id) => {
      const [first] = await AppendLog.read<AttemptEvent>(join(folder, id, 'events.jsonl'));
      return { id, t: first?.t ?? 0 };
    }),
  );
  return begun.sort((a, b) => b.t - a.t)[0]?.id;
}

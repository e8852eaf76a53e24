import { writeFileSync } from 'node:fs';
import { Option } from 'commander';
import { ownValue } from '../kernel/own.ts';
import { visibleJson } from '../kernel/visible.ts';
import { reportCsv } from '../present/report-csv.ts';
import { reportHtml } from '../present/report-html.ts';
import { reportJUnit } from '../present/report-junit.ts';
import { reportMarkdown } from '../present/report-markdown.ts';
import { clockText, paintFor } from '../present/text.ts';
import { printable } from '../present/width.ts';
import { readReport } from '../session/read-report.ts';
import type { AttemptReport } from '../session/report.ts';
import { attemptCommand, attemptId, type CommandFactory } from './command.ts';
import type { Services } from './services.ts';

const renderings: Record<string, (report: AttemptReport) => string> = {
  json: (report) => `${visibleJson(report)}\n`,
  html: reportHtml,
  junit: reportJUnit,
  csv: reportCsv,
  md: reportMarkdown,
};

export const report: CommandFactory = ({ services, print, json }) =>
  attemptCommand('report', 'the result of an attempt, running or ended, as a document')
    .addOption(new Option('--format <format>', 'as what').choices(Object.keys(renderings)).default('md'))
    .option('-o, --output <file>', 'write it there (default: print it)')
    .action(async (options: { attempt?: string; format: string; output?: string; json?: boolean }) => {
      const created = await reportFor(services, options);
      if (options.json) return json(created);
      const text = ownValue(renderings, options.format)?.(created) ?? '';
      if (!options.output) return print(text.trimEnd());
      writeFileSync(options.output, text);
      print(options.output);
    });

export const replay: CommandFactory = ({ services, print, json }) =>
  attemptCommand('replay', 'what happened in an attempt: changes seen in the cluster, verdicts, hints').action(
    async (options: { attempt?: string; json?: boolean }) => {
      const { attempt: id, scenario, timeline, statistics } = await reportFor(services, options);
      if (options.json) return json({ attempt: id, scenario: scenario.id, timeline, statistics });
      const paint = paintFor(services.stdout);
      print(`${id}: ${printable(scenario.title)}`);
      for (const { at, kind, text } of timeline) {
        const line = printable(text).replaceAll('\n', ' ');
        const style = /^(pass|solved)/.test(text) ? 'green' : text.startsWith('fail') ? 'red' : 'reset';
        print(`${clockText(at).padStart(8)}  ${kind.padEnd(8)}  ${paint(style, line)}`);
      }
    },
  );

/** The report of an attempt by id, of the shell's own, or of the one started last. */
async function reportFor(services: Services, options: { attempt?: string }): Promise<AttemptReport> {
  const { paths, version } = services;
  return readReport({ paths, catalog: await services.catalog(), version, id: attemptId(services, options) });
}

import { asMarkdown } from '../kernel/markdown.ts';
import type { AttemptReport } from '../session/report.ts';
import { statisticsItems } from './report-statistics.ts';
import { clockText, hintsText } from './text.ts';
import { printable } from './width.ts';

/** A report as Markdown: for notes and issues. */
export function reportMarkdown(report: AttemptReport): string {
  const { scenario, hints } = report;
  const solved = report.solved ? 'solved' : 'not solved';
  return `${[
    `# ${cell(scenario.title)}`,
    '',
    `**${report.score} of ${report.max}**, ${solved} in ${clockText(report.worked)} (${report.minutes} min at the exam)`,
    '',
    `- Attempt ${cell(report.attempt)}, ${new Date(report.startedAt).toISOString()}`,
    `- Pack ${cell(scenario.pack)} ${cell(scenario.packVersion)} (${scenario.packDigest.slice(0, 12)})`,
    ...(report.kubedrill ? [`- kubedrill ${report.kubedrill}`] : []),
    `- Hints: ${hintsText(hints)}${report.sawSolution ? '; the solution was looked at' : ''}`,
    '',
    '| exam | domain | competencies | score |',
    '|---|---|---|---|',
    ...report.domains.map(
      (d) =>
        `| ${d.exam.toUpperCase()} | ${cell(d.domain)} | ${cell(d.competencies.join(', '))} | ${d.score} of ${d.max} |`,
    ),
    '',
    '| check | points | verdict | why |',
    '|---|---|---|---|',
    ...report.checks.map(
      (c) => `| ${cell(c.title)} | ${c.weight} | ${c.status} | ${c.status === 'pass' ? '' : cell(c.why || c.actual)} |`,
    ),
    '',
    ...statisticsItems(report).map((item) => `- ${cell(item)}`),
    '',
    ...report.timeline.map((e) => `- ${clockText(e.at)} ${cell(e.text)}`),
  ].join('\n')}\n`;
}

function cell(text: string): string {
  return asMarkdown(printable(text));
}

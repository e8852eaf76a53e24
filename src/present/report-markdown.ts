import { markdownLine } from '../kernel/visible.ts';
import type { AttemptReport } from '../session/report.ts';
import { statisticsItems } from './report-statistics.ts';
import { clockText, coachText, hintsText } from './text.ts';

/** A report as Markdown: for notes and issues. */
export function reportMarkdown(report: AttemptReport): string {
  const { scenario, hints } = report;
  const solved = report.solved ? 'solved' : 'not solved';
  return `${[
    `# ${markdownLine(scenario.title)}`,
    '',
    `**${report.score} of ${report.max}**, ${solved} in ${clockText(report.worked)} (${report.minutes} min at the exam)`,
    '',
    `- Attempt ${markdownLine(report.attempt)}, ${new Date(report.startedAt).toISOString()}`,
    `- Pack ${markdownLine(scenario.pack)} ${markdownLine(scenario.packVersion)} (${scenario.packDigest.slice(0, 12)})`,
    ...(report.kubedrill ? [`- kubedrill ${report.kubedrill}`] : []),
    `- Coach: ${coachText(report.coach)}`,
    `- Hints: ${hintsText(hints)}${report.sawSolution ? '; the solution was looked at' : ''}`,
    '',
    '| exam | domain | competencies | score |',
    '|---|---|---|---|',
    ...report.domains.map(
      (d) =>
        `| ${d.exam.toUpperCase()} | ${markdownLine(d.domain)} | ${markdownLine(d.competencies.join(', '))} | ${d.score} of ${d.max} |`,
    ),
    '',
    '| check | points | verdict | why |',
    '|---|---|---|---|',
    ...report.checks.map(
      (c) =>
        `| ${markdownLine(c.title)} | ${c.weight} | ${c.status} | ${c.status === 'pass' ? '' : markdownLine(c.why || c.actual)} |`,
    ),
    '',
    ...statisticsItems(report).map((item) => `- ${markdownLine(item)}`),
    '',
    ...report.timeline.map((e) => `- ${clockText(e.at)} ${markdownLine(e.text)}`),
  ].join('\n')}\n`;
}

import type { AttemptReport, ReportedCheck } from '../session/report.ts';
import { escaped, htmlPage, htmlTable } from './html.ts';
import { statisticsItems } from './report-statistics.ts';
import { clockText, coachText, hintsText } from './text.ts';

const words: Record<ReportedCheck['status'], string> = {
  pass: '✔ pass',
  fail: '✘ fail',
  pending: '… pending',
  error: '! error',
};

/** A report as one HTML page that needs nothing else: no script, no address, no picture. */
export function reportHtml(report: AttemptReport): string {
  const { scenario, hints } = report;
  const title = escaped(scenario.title);
  const begun = new Date(report.startedAt).toISOString();
  const domains = report.domains.map((d) =>
    [d.exam.toUpperCase(), d.domain, d.competencies.join(', '), `${d.score} of ${d.max}`].map(escaped),
  );
  const checks = report.checks.map((c) => [
    escaped(c.title),
    String(c.weight),
    `<span class="${c.status}">${words[c.status]}</span>`,
    escaped(whyOf(c)),
  ]);
  const body = `<h1>${title}</h1>
<p class="score"><strong>${report.score} of ${report.max}</strong> <span class="${report.solved ? 'pass' : 'fail'}">${report.solved ? 'solved' : 'not solved'}</span></p>
<p>${clockText(report.worked)} of work; ${report.minutes} minutes at the exam. Coach: ${escaped(coachText(report.coach))}. Hints: ${escaped(hintsText(hints))}.${report.sawSolution ? ' The solution was looked at.' : ''}</p>
<h2>Domains</h2>
${htmlTable('Score by domain', ['Exam', 'Domain', 'Competencies', 'Score'], domains)}
<h2>Checks</h2>
${htmlTable('What was graded', ['Check', 'Points', 'Verdict', 'Why'], checks)}
<h2>How it went</h2>
<ul>
${statisticsItems(report)
  .map((item) => `<li>${escaped(item)}</li>`)
  .join('\n')}
</ul>
<h2>Timeline</h2>
<ol>
${report.timeline.map((e) => `<li><time datetime="PT${Math.round(e.at / 1000)}S">${clockText(e.at)}</time> <span class="soft">${e.kind}</span> ${escaped(e.text)}</li>`).join('\n')}
</ol>
<footer class="soft">
<p>Attempt ${escaped(report.attempt)}, begun <time datetime="${begun}">${begun.slice(0, 16).replace('T', ' ')} UTC</time>. Pack ${escaped(scenario.pack)} ${escaped(scenario.packVersion)}.${report.kubedrill ? ` kubedrill ${escaped(report.kubedrill)}.` : ''}</p>
<p>Report digest <code>${report.digest}</code>, pack digest <code>${scenario.packDigest}</code>.</p>
</footer>`;
  return htmlPage(`${scenario.title}: ${report.score} of ${report.max}`, body);
}

function whyOf({ status, firstPass, why, actual, regressions }: ReportedCheck): string {
  const text = status !== 'pass' ? why || actual : firstPass === undefined ? '' : `since ${clockText(firstPass)}`;
  return regressions > 0 ? `${text}, lost ${regressions} ${regressions === 1 ? 'time' : 'times'}` : text;
}

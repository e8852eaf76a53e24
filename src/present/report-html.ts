import type { AttemptReport, ReportedCheck } from '../session/report.ts';
import { statisticsItems } from './report-statistics.ts';
import { clockText, coachText, hintsText } from './text.ts';
import { printable } from './width.ts';

/** Colours have four and a half times the contrast of their ground in both schemes; words stand beside them. */
const style = `
:root { color-scheme: light dark; --ground: #fff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --pass: #116329; --fail: #b3261e; --wait: #7d4e00; }
@media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --ink: #e6edf3; --soft: #9aa4af; --line: #30363d; --pass: #56d364; --fail: #ff8a80; --wait: #e3b341; } }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; background: var(--ground); color: var(--ink); }
.score { font-size: 1.5rem; } .soft { color: var(--soft); } .pass { color: var(--pass); } .fail, .error { color: var(--fail); } .pending { color: var(--wait); }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-top: 1px solid var(--line); }
ol { list-style: none; padding: 0; } li { padding: .15rem 0; overflow-wrap: anywhere; }
`;

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
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}: ${report.score} of ${report.max}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p class="score"><strong>${report.score} of ${report.max}</strong> <span class="${report.solved ? 'pass' : 'fail'}">${report.solved ? 'solved' : 'not solved'}</span></p>
<p>${clockText(report.worked)} of work; ${report.minutes} minutes at the exam. Coach: ${escaped(coachText(report.coach))}. Hints: ${escaped(hintsText(hints))}.${report.sawSolution ? ' The solution was looked at.' : ''}</p>
<h2>Domains</h2>
${table('Score by domain', ['Exam', 'Domain', 'Competencies', 'Score'], domains)}
<h2>Checks</h2>
${table('What was graded', ['Check', 'Points', 'Verdict', 'Why'], checks)}
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
</footer>
</main>
</body>
</html>
`;
}

/** A table of cells that are HTML already; the first of each row names it. */
function table(caption: string, heads: string[], rows: string[][]): string {
  const head = heads.map((text) => `<th scope="col">${text}</th>`).join('');
  const body = rows.map(
    ([first = '', ...rest]) =>
      `<tr><th scope="row">${first}</th>${rest.map((text) => `<td>${text}</td>`).join('')}</tr>`,
  );
  return `<table><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table>`;
}

function whyOf({ status, firstPass, why, actual, regressions }: ReportedCheck): string {
  const text = status !== 'pass' ? why || actual : firstPass === undefined ? '' : `since ${clockText(firstPass)}`;
  return regressions > 0 ? `${text}, lost ${regressions} ${regressions === 1 ? 'time' : 'times'}` : text;
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text of a cluster or a pack: never markup. */
function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

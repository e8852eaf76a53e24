import type { ExamReport } from '../session/exam/report.ts';
import { bestText, lostLines, passedWord, reviewCommand, usedText } from './exam-text.ts';
import { escaped, htmlPage, htmlTable } from './html.ts';
import { clockText } from './text.ts';

/** The result of an exam as one HTML page. */
export function examReportHtml(report: ExamReport): string {
  const { exam, score, passMark, passed, domains, tasks, review } = report;
  const begun = new Date(report.startedAt).toISOString();
  const best = bestText(report);
  const domainRows = domains.map((d) => [escaped(d.domain || 'other'), `${d.score} of ${d.max} %`]);
  const taskRows = tasks.map((task) => [
    `${task.number}. ${escaped(task.title)}${task.flagged ? ' (flagged)' : ''}`,
    `<span class="${task.solved ? 'pass' : 'fail'}">${task.solved ? '✔' : '✘'} ${task.points} of ${task.weight} %</span>`,
    clockText(task.spent),
    String(task.minutes),
    escaped(task.host),
  ]);
  const lost = tasks.flatMap((task) => {
    const items = lostLines(task).map((line) => `<li>${escaped(line)}</li>`);
    return items.length > 0
      ? [`<h3>Task ${task.number}: ${escaped(task.title)}</h3>\n<ul>\n${items.join('\n')}\n</ul>`]
      : [];
  });
  const again = review.map(
    (one) =>
      `<li>${escaped(one.title)} (${escaped(one.competencies.join(', '))}): <code>${escaped(reviewCommand(one))}</code></li>`,
  );
  const body = `<h1>${escaped(exam.title)}</h1>
<p class="score"><strong>${score} %</strong> <span class="${passed ? 'pass' : 'fail'}">${passedWord(report)}</span></p>
<p>The pass mark is ${passMark} %. ${escaped(usedText(report))}. Mode ${report.mode}, seed ${report.seed}.${best ? ` ${escaped(best)}.` : ''}</p>
<h2>Domains</h2>
${htmlTable('Score by domain', ['Domain', 'Score'], domainRows)}
<h2>Tasks</h2>
${htmlTable('Score by task', ['Task', 'Score', 'Time', 'Minutes it should take', 'Host'], taskRows)}
<h2>What was lost</h2>
${lost.length > 0 ? lost.join('\n') : '<p>Nothing.</p>'}
<h2>What to do again</h2>
${again.length > 0 ? `<ul>\n${again.join('\n')}\n</ul>` : '<p>Nothing.</p>'}
<footer class="soft">
<p>Sitting ${escaped(report.sitting)}, begun <time datetime="${begun}">${begun.slice(0, 16).replace('T', ' ')} UTC</time>. Pack ${escaped(exam.pack)} ${escaped(exam.packVersion)}.${report.kubedrill ? ` kubedrill ${escaped(report.kubedrill)}.` : ''}</p>
<p>Report digest <code>${report.digest}</code>, pack digest <code>${exam.packDigest}</code>.</p>
</footer>`;
  return htmlPage(`${exam.title}: ${score} %, ${passedWord(report)}`, body);
}

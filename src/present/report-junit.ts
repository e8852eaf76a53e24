import { visible } from '../kernel/visible.ts';
import type { AttemptReport, ReportedCheck } from '../session/report.ts';

/** A report as JUnit XML: a test suite of its checks, for whatever collects test results. */
export function reportJUnit(report: AttemptReport): string {
  const { scenario, checks } = report;
  const count = (status: string) => checks.filter((c) => c.status === status).length;
  const totals = `tests="${checks.length}" failures="${count('fail')}" errors="${count('error')}" skipped="${count('pending')}" time="${(report.worked / 1000).toFixed(3)}"`;
  const { pack, packVersion, packDigest } = scenario;
  const facts = {
    attempt: report.attempt,
    score: report.score,
    max: report.max,
    pack,
    packVersion,
    packDigest,
    ...(report.kubedrill ? { kubedrill: report.kubedrill } : {}),
    digest: report.digest,
    detours: report.statistics.detours.length,
    losses: report.statistics.losses.map((l) => l.kind).join(' '),
  };
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="kubedrill" ${totals}>`,
    `  <testsuite name="${escaped(scenario.title)}" timestamp="${new Date(report.startedAt).toISOString()}" ${totals}>`,
    '    <properties>',
    ...Object.entries(facts).map(
      ([name, value]) => `      <property name="${name}" value="${escaped(String(value))}"/>`,
    ),
    '    </properties>',
    ...checks.map((check) => testCase(`${pack}.${scenario.id}`, check)),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')}\n`;
}

const elements = { fail: 'failure', error: 'error', pending: 'skipped' } as const;

function testCase(className: string, c: ReportedCheck): string {
  const open = `    <testcase classname="${escaped(className)}" name="${escaped(c.title)}" time="${((c.firstPass ?? 0) / 1000).toFixed(3)}"`;
  if (c.status === 'pass') return `${open}/>`;
  return `${open}><${elements[c.status]} message="${escaped(c.why || c.actual)}"/></testcase>`;
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** Text in an attribute; what XML 1.0 can't hold at all is shown otherwise, or left out. */
function escaped(text: string): string {
  return visible(text)
    .replace(/[^\t\n\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"\n\t]/g, (character) => entities[character] ?? character);
}

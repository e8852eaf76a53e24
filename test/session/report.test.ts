import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reportCsv } from '../../src/present/report-csv.ts';
import { reportHtml } from '../../src/present/report-html.ts';
import { reportJUnit } from '../../src/present/report-junit.ts';
import { reportMarkdown } from '../../src/present/report-markdown.ts';
import { Catalog } from '../../src/scenario/catalog.ts';
import type { AttemptEvent } from '../../src/session/events.ts';
import { type AttemptReport, isWhole, reportOf } from '../../src/session/report.ts';

const scenario = new Catalog(join(import.meta.dirname, '..', '..', 'scenarios')).scenario(
  'in-cluster-api-access/forbidden-deployment',
);
const begin = Date.parse('2026-01-01T10:00:00Z');
const at = (seconds: number) => begin + seconds * 1_000;
const verdict = (seconds: number, check: string, status: 'pass' | 'fail', why = ''): AttemptEvent => ({
  t: at(seconds),
  type: 'verdict',
  check,
  status,
  actual: status,
  why,
});
const nasty = '=HYPERLINK("x") <img src=x onerror=alert(1)> | "quoted"\u001b[31m';

const log: AttemptEvent[] = [
  {
    t: at(-5),
    type: 'created',
    version: 1,
    id: 'forbidden-deployment-abcd',
    scenario: { pack: 'in-cluster-api-access', id: 'forbidden-deployment', seed: 0 },
    title: 't',
    minutes: 8,
  },
  { t: at(-3), type: 'step', text: 'namespace' },
  { t: at(0), type: 'activated' },
  verdict(1, 'may-list', 'fail', 'no RoleBinding'),
  verdict(1, 'client-untouched', 'pass'),
  verdict(1, 'rolled-out', 'pass'),
  verdict(1, 'nothing-more', 'fail', nasty),
  verdict(1, 'logs-show-list', 'fail', 'Forbidden'),
  { t: at(30), type: 'hint', index: 0, price: 5 },
  {
    t: at(60),
    type: 'activity',
    activity: {
      time: at(60),
      change: '+',
      kind: 'Role',
      namespace: 'project-swan',
      name: 'pods',
      manager: 'kubectl-create',
      detail: 'rules: list pods',
    },
  },
  verdict(62, 'may-list', 'pass'),
  verdict(70, 'may-list', 'fail', 'the Role is gone'),
  verdict(80, 'may-list', 'pass'),
];
const made = (events = log) => reportOf(events, scenario) as AttemptReport;

describe('a report', () => {
  it('adds up what the log tells', () => {
    const report = made();
    expect(report).toMatchObject({
      version: 1,
      attempt: 'forbidden-deployment-abcd',
      score: 40,
      max: 100,
      solved: false,
      worked: 80_000,
      hints: { taken: 1, total: 3, observed: 0, paid: 5 },
      statistics: {
        changes: 1,
        regressions: 1,
        firstChange: 60_000,
        firstPass: 62_000,
        times: { change: 60_000, fix: 62_000 },
        detours: [],
        setbacks: [{ check: 'may-list', at: 70_000, lasted: 10_000 }],
        losses: [],
      },
    });
    expect(report.checks[0]).toEqual({
      id: 'may-list',
      title: "The Pods' ServiceAccount may list pods",
      type: 'canI',
      weight: 25,
      guard: false,
      status: 'pass',
      actual: 'pass',
      why: '',
      level: 2,
      firstPass: 62_000,
      regressions: 1,
    });
    expect(report.domains.map((d) => `${d.exam}/${d.domain}`)).toEqual([
      'cka/troubleshooting',
      'cka/cluster-architecture',
      'ckad/environment-config-security',
      'ckad/observability-maintenance',
    ]);
    expect(report.timeline.map((e) => `${e.at / 1000} ${e.kind} ${e.text}`)).toContain(
      '60 change + Role pods in project-swan: rules: list pods (kubectl-create)',
    );
    expect(report.timeline[0]).toEqual({ at: 0, kind: 'start', text: 'the clock runs' });
  });

  it('tells hints on what was there from those in turn', () => {
    const hints = [{ text: 'seen', price: 2, when: [] }, ...scenario.hints.filter((hint) => !hint.when)];
    const taken = [...log, { t: at(85), type: 'hint', index: 1, price: 5 } as AttemptEvent];
    const report = reportOf(taken, { ...scenario, hints }) as AttemptReport;
    expect(report.hints).toEqual({ taken: 1, total: 3, observed: 1, paid: 10 });
    expect(report.timeline.filter((e) => e.kind === 'hint').map((e) => e.text)).toEqual([
      'a hint on what was there, for 5 points',
      'hint 1, for 5 points',
    ]);
    expect(reportMarkdown(report)).toContain('- Hints: 1 of 3 and 1 on what was there, for 10 points');
  });

  it('keeps what was solved, and begins again after a reset', () => {
    const solved = [
      ...log,
      { t: at(90), type: 'solved', score: 95, max: 100 },
      verdict(95, 'may-list', 'fail'),
    ] as AttemptEvent[];
    expect(made(solved)).toMatchObject({ solved: true, score: 95, worked: 90_000 });
    const reset = [
      ...log,
      { t: at(100), type: 'resetting' },
      { t: at(101), type: 'activated' },
      verdict(103, 'may-list', 'fail', 'x'),
    ] as AttemptEvent[];
    expect(made(reset)).toMatchObject({ score: 0, solved: false, worked: 2_000 });
    expect(made(reset).checks[0]).toMatchObject({ status: 'fail', regressions: 0 });
    expect(made(reset).timeline.map((e) => e.kind)).toContain('reset');
  });

  it('tells whether it is whole', () => {
    const report = made();
    expect(isWhole(report)).toBe(true);
    expect(isWhole(JSON.parse(JSON.stringify(report)) as AttemptReport)).toBe(true);
    expect(isWhole({ ...report, score: 100 })).toBe(false);
    expect(reportOf([], scenario)).toBeUndefined();
  });
});

describe('renderings', () => {
  it('HTML is one page that needs nothing and runs nothing', () => {
    const html = reportHtml(made());
    expect(html).toContain('<html lang="en">');
    expect(html).not.toMatch(/<script|<img|<link|https?:\/\/|\u001b/);
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(html.match(/<h1>/g)).toHaveLength(1);
    for (const table of html.match(/<table>[\s\S]*?<\/table>/g) ?? []) {
      expect(table).toContain('<caption>');
      expect(table).toContain('scope="col"');
    }
    const open = [...html.matchAll(/<(\w+)(?:\s[^>]*)?>/g)].map((m) => m[1]).filter((tag) => tag !== 'meta');
    const close = [...html.matchAll(/<\/(\w+)>/g)].map((m) => m[1]);
    expect(open.sort()).toEqual(close.sort());
  });

  it('JUnit has a case for each check', () => {
    const xml = reportJUnit(made());
    expect(xml).toContain('tests="5" failures="2" errors="0" skipped="0" time="80.000"');
    expect(xml.match(/<testcase /g)).toHaveLength(5);
    expect(xml).toContain('&lt;img src=x onerror=alert(1)&gt; | &quot;quoted&quot;');
    expect(xml).not.toContain('\u001b');
  });

  it('CSV has a row for each check, and no formula', () => {
    const rows = reportCsv(made()).split('\r\n');
    expect(rows).toHaveLength(7);
    expect(rows[1]).toContain(
      "forbidden-deployment-abcd,forbidden-deployment,in-cluster-api-access,1.0.0,2026-01-01T10:00:00.000Z,80,40,100,false,1,may-list,The Pods' ServiceAccount may list pods,25,pass,62,1,",
    );
    expect(reportCsv(made())).toContain('"\'=HYPERLINK(""x"")');
  });

  it('Markdown keeps its tables', () => {
    const text = reportMarkdown(made());
    expect(text).toContain('**40 of 100**, not solved in 01:20 (8 min at the exam)');
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt; \\|');
  });

  it.each([
    ['Markdown', reportMarkdown],
    ['HTML', reportHtml],
  ])('%s shows names of packs, versions and domains as text', (_, render) => {
    const bad = '<img src=x onerror=alert(1)>';
    const report = made();
    const text = render({
      ...report,
      attempt: bad,
      scenario: { ...report.scenario, title: bad, pack: bad, packVersion: bad },
      domains: [{ exam: 'cka', domain: bad, competencies: [bad, '[a](javascript:alert(1))'], score: 0, max: 100 }],
    });
    expect(text).not.toContain('<img');
    // Only one of the two knows such links.
    if (render === reportMarkdown) expect(text).toContain('\\[a\\](javascript');
    expect(text.split('&lt;img').length).toBeGreaterThanOrEqual(6);
  });

  it('each tells how it went', () => {
    const name = '<b>|';
    const applied = log.map((e) =>
      e.type === 'activity' ? { ...e, activity: { ...e.activity, name, manager: 'kubectl-client-side-apply' } } : e,
    );
    const report = made([
      ...applied,
      { t: at(600), type: 'resetting' },
      { t: at(610), type: 'activated' },
      ...applied.slice(3).map((e) => ({ ...e, t: e.t + 610_000 })),
    ]);
    const html = reportHtml(report);
    expect(html).toContain('<li>First fix: after 01:02 of work</li>');
    expect(html).toContain('<li>Detour: everything was put back: 10 min 0 s</li>');
    expect(html).toContain(
      '<li>Exam-day loss: applied from files: Role &lt;b&gt;| in project-swan. No file need be typed',
    );
    const text = reportMarkdown(report);
    expect(text).toContain("- Lost again at 01:10: The Pods' ServiceAccount may list pods, for 00:10");
    expect(text).toContain('- Exam-day loss: applied from files: Role &lt;b&gt;\\| in project-swan.');
    const [head, row] = reportCsv(report).split('\r\n');
    expect(head).toMatch(/,why,firstChangeWorkedSeconds,firstFixWorkedSeconds,detours,detourSeconds,losses,lossKinds$/);
    expect(row).toMatch(/,60,62,1,600,1,applied-file$/);
    expect(reportJUnit(report)).toContain('<property name="losses" value="applied-file"/>');
  });
});

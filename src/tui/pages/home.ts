import { dayText, shareBar } from '../../present/progress.ts';
import { printableLine } from '../../present/width.ts';
import { curriculum, type Domain } from '../../scenario/curriculum.ts';
import { domainTitle } from '../competency.ts';
import type { AppState, ScenarioRow } from '../state.ts';
import { barWidth, type Page, type PageItem, type PageRow } from './page.ts';
import { idWidthOf, isSolved, scenarioItem } from './scenario-item.ts';

/** How many scenarios are proposed at a time. */
const proposals = 3;

/** Where to go on: what is in progress, what comes next, and how far one is in each domain of the exams. */
export const homePage: Page = {
  title: 'Home',
  rows(state) {
    if (state.scenarios.length === 0) return [{ text: 'There are no scenarios.' }];
    const open = state.scenarios.filter(({ id }) => isOpen(state, id));
    const due = dueItems(state, open);
    const next = state.scenarios
      .filter((row) => !isSolved(state, row) && !open.includes(row) && !due.some(({ key }) => key === row.id))
      .slice(0, proposals);
    return [
      ...section(state, 'Continue', open),
      ...(due.length > 0 ? [{ text: 'Due for review', token: 'title' } as const, ...due, { text: '' }] : []),
      ...section(state, open.length + due.length > 0 ? 'Next' : 'Start here', next),
      ...exams.flatMap((exam) => examRows(state, exam)),
    ];
  },
};

const exams = [...new Set(curriculum.map(({ exam }) => exam))];

function isOpen({ running }: AppState, id: string): boolean {
  const attempt = Object.hasOwn(running, id) ? running[id] : undefined;
  return attempt !== undefined && attempt.phase !== 'stopped';
}

/** What is to be repeated, with other names, unless it is in progress. */
function dueItems(state: AppState, open: readonly ScenarioRow[]): PageItem[] {
  return state.due.slice(0, proposals).flatMap((review) => {
    const row = state.scenarios.find(({ progressKey }) => progressKey === `${review.pack}/${review.scenario}`);
    if (!row || open.includes(row)) return [];
    const { why, at } = review.last;
    return [
      {
        ...scenarioItem(state, row, idWidthOf(state.scenarios)),
        right: `last ${dayText(at)}`,
        token: 'muted',
        target: { open: 'lab', scenario: row.id, review },
        about: [`to be repeated, with other names; the last time: ${printableLine(why)}`, row.title],
      },
    ];
  });
}

function section(state: AppState, title: string, scenarios: readonly ScenarioRow[]): PageRow[] {
  if (scenarios.length === 0) return [];
  return [
    { text: title, token: 'title' },
    ...scenarios.map((row) => scenarioItem(state, row, idWidthOf(state.scenarios))),
    { text: '' },
  ];
}

function examRows(state: AppState, exam: Domain['exam']): PageRow[] {
  const domains = curriculum.filter((domain) => domain.exam === exam);
  const own = state.scenarios.filter((row) => row.exams.includes(exam));
  const solved = own.filter((row) => isSolved(state, row)).length;
  const width = Math.max(...curriculum.map(({ id }) => domainTitle(id).length));
  return [
    { text: `${exam.toUpperCase()}   ${solved} of ${own.length} labs solved`, token: 'title' },
    ...domains.map((domain) => domainItem(state, domain, width)),
    { text: '' },
  ];
}

function domainItem(state: AppState, { exam, id, weight, competencies }: Domain, width: number): PageItem {
  const names = competencies.map((name) => `${exam}/${name}`);
  const own = state.scenarios.filter((row) => row.competencies.some((name) => names.includes(name)));
  const solved = own.filter((row) => isSolved(state, row)).length;
  const covered = names.filter((name) => own.some((row) => row.competencies.includes(name)));
  const missing = competencies.filter((name) => !covered.includes(`${exam}/${name}`));
  return {
    key: `${exam}/${id}`,
    left: `${domainTitle(id).padEnd(width)}  ${String(weight).padStart(2)} %  ${shareBar({ solved, scenarios: own.length }, barWidth)}  ${solved} of ${own.length}`,
    right: `${covered.length} of ${names.length} topics`,
    token: 'muted',
    target: { open: 'labs', domain: `${exam}/${id}` },
    about: [
      `${weight} percent of the ${exam.toUpperCase()}; Enter shows its labs`,
      missing.length === 0
        ? 'There are labs for all of its topics.'
        : `No labs yet for: ${missing.map((name) => name.replaceAll('-', ' ')).join(', ')}`,
    ],
  };
}

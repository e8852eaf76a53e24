import { printableLine } from '../../present/width.ts';
import { curriculum } from '../../scenario/curriculum.ts';
import { domainText } from '../competency.ts';
import { difficulties, filterText, type LabsView } from '../labs-view.ts';
import type { AppState, ScenarioRow } from '../state.ts';
import { barText, type Page, type PageRow } from './page.ts';
import { isSolved, scenarioItem } from './scenario-item.ts';

/** The labs, by domain or by pack, as far as they are wanted. */
export const labsPage: Page = {
  title: 'Labs',
  rows(state) {
    if (state.scenarios.length === 0) return [{ text: 'There are no scenarios.' }];
    const groups = groupsOf(state);
    const among = groups.flatMap(({ rows }) => rows);
    const filter = filterText(state.labs);
    const head: PageRow[] = filter
      ? [{ text: `${filter}   ${among.length} of ${state.scenarios.length}` }, { text: '' }]
      : [];
    if (among.length === 0) return [...head, { text: 'No lab is like that; Esc shows all.' }];
    return [
      ...head,
      ...groups.flatMap(({ title, rows }, index) => [
        ...(index > 0 ? [{ text: '' }] : []),
        headingOf(state, title, rows),
        ...rows.map((row) => scenarioItem(state, row, among)),
      ]),
    ];
  },
};

/** The labs that are shown, in their order. */
export function shownLabs(state: AppState): ScenarioRow[] {
  return groupsOf(state).flatMap(({ rows }) => rows);
}

function headingOf(state: AppState, title: string, rows: readonly ScenarioRow[]): PageRow {
  const solved = rows.filter((row) => isSolved(state, row)).length;
  return { text: `${title}  ${barText(solved, rows.length)}  ${solved} of ${rows.length}`, token: 'title' };
}

function groupsOf(state: AppState): { title: string; rows: ScenarioRow[] }[] {
  const { labs, scenarios } = state;
  const wanted = scenarios.filter((row) => isWanted(state, row)).toSorted(orderOf(state));
  const groups = new Map<string, ScenarioRow[]>();
  const groupOf = (row: ScenarioRow) => (labs.group === 'pack' ? row.pack : domainOf(row, labs));
  // Domains come in the order of the curriculum, packs in theirs.
  const names =
    labs.group === 'pack' ? scenarios.map((row) => row.pack) : curriculum.map(({ exam, id }) => `${exam}/${id}`);
  for (const name of new Set([...names, ''])) {
    const rows = wanted.filter((row) => groupOf(row) === name);
    if (rows.length > 0) groups.set(name, rows);
  }
  return [...groups].map(([name, rows]) => {
    const title = labs.group === 'pack' ? printableLine(name) : name ? domainText(name) : 'Other';
    return { title, rows };
  });
}

/** The first domain that a lab trains, of the exam that is asked for. */
function domainOf({ competencies }: ScenarioRow, { exam, domain }: LabsView): string {
  if (domain !== undefined) return domain;
  const own = curriculum.filter(
    (d) =>
      (exam === undefined || d.exam === exam) && d.competencies.some((c) => competencies.includes(`${d.exam}/${c}`)),
  );
  return own[0] ? `${own[0].exam}/${own[0].id}` : '';
}

function isWanted(state: AppState, row: ScenarioRow): boolean {
  const { words, exam, difficulty, unsolved, domain, pack } = state.labs;
  const text = [row.id, row.title, ...row.competencies].join(' ').toLowerCase();
  return (
    words
      .toLowerCase()
      .split(' ')
      .every((word) => text.includes(word)) &&
    (exam === undefined || row.exams.includes(exam)) &&
    (difficulty === undefined || row.difficulty === difficulty) &&
    (!unsolved || !isSolved(state, row)) &&
    (domain === undefined || isOfDomain(row, domain)) &&
    (pack === undefined || row.packId === pack)
  );
}

function isOfDomain({ competencies }: ScenarioRow, domain: string): boolean {
  const found = curriculum.find(({ exam, id }) => `${exam}/${id}` === domain);
  return found?.competencies.some((name) => competencies.includes(`${found.exam}/${name}`)) ?? false;
}

function orderOf(state: AppState): (a: ScenarioRow, b: ScenarioRow) => number {
  switch (state.labs.sort) {
    case 'difficulty':
      return (a, b) => difficulties.indexOf(a.difficulty) - difficulties.indexOf(b.difficulty);
    case 'minutes':
      return (a, b) => a.minutes - b.minutes;
    case 'unsolved first':
      return (a, b) => Number(isSolved(state, a)) - Number(isSolved(state, b));
    case 'pack order':
      return () => 0;
  }
}

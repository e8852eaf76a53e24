import { shareBar } from '../../present/progress.ts';
import { printableLine } from '../../present/width.ts';
import {
  filterRows,
  groupRows,
  type RowGroup,
  type ScenarioListRow,
  scenarioRows,
  sortRows,
} from '../../session/scenario-rows.ts';
import { domainTitle } from '../competency.ts';
import { filterText, type LabsView } from '../labs-view.ts';
import type { AppState, ScenarioRow } from '../state.ts';
import { barWidth, type Page, type PageRow } from './page.ts';
import { idWidthOf, scenarioItem } from './scenario-item.ts';

/** The labs, by domain or by pack, as far as they are wanted. */
export const labsPage: Page = {
  title: 'Labs',
  rows(state) {
    if (state.scenarios.length === 0) return [{ text: 'There are no scenarios.' }];
    const groups = groupsOf(state);
    const among = groups.flatMap(({ labs }) => labs);
    const filter = filterText(state.labs);
    const head: PageRow[] = filter
      ? [{ text: `${filter}   ${among.length} of ${state.scenarios.length}` }, { text: '' }]
      : [];
    if (among.length === 0) return [...head, { text: 'No lab is like that; Esc shows all.' }];
    const idWidth = idWidthOf(among);
    return [
      ...head,
      ...groups.flatMap(({ group, labs }, index) => [
        ...(index > 0 ? [{ text: '' }] : []),
        headingOf(group),
        ...labs.map((row) => scenarioItem(state, row, idWidth)),
      ]),
    ];
  },
};

/** The labs that are shown, in their order. */
export function shownLabs(state: AppState): ScenarioRow[] {
  return groupsOf(state).flatMap(({ labs }) => labs);
}

function headingOf({ exam, title, done: { solved, scenarios } }: RowGroup): PageRow {
  const name = exam ? `${exam.toUpperCase()} ${domainTitle(title)}` : printableLine(title);
  return { text: `${name}  ${shareBar({ solved, scenarios }, barWidth)}  ${solved} of ${scenarios}`, token: 'title' };
}

function groupsOf(state: AppState): { group: RowGroup; labs: ScenarioRow[] }[] {
  const { words: text, group, sort, pack, exam, domain, difficulty, unsolved = false } = state.labs;
  const entries = state.scenarios.map(({ packId, pack: title, ...row }) => {
    return { ...row, pack: { id: packId, title, renamed: {} } };
  });
  const all = scenarioRows(entries, state.progress, state.due).map((row) => asViewed(row, state.labs));
  const wanted = filterRows(all, {
    text,
    unsolved,
    ...(exam !== undefined && { exam }),
    ...(domain !== undefined && { domain }),
    ...(difficulty !== undefined && { difficulty }),
  }).filter((row) => pack === undefined || row.pack === pack);
  const sorted = sort === 'pack order' ? wanted : sortRows(wanted, sort);
  const labs = new Map(state.scenarios.map((row) => [row.progressKey, row]));
  return groupRows(sorted, group, all).map((found) => {
    return { group: found, labs: found.rows.flatMap(({ progressKey }) => labs.get(progressKey) ?? []) };
  });
}

/** Under the domain that was asked for, or one of the exam that was. */
function asViewed(row: ScenarioListRow, { exam, domain }: LabsView): ScenarioListRow {
  const isMeant = (own: string) => own === domain || (domain === undefined && own.startsWith(`${exam}/`));
  const { domains } = row;
  return { ...row, domains: [...domains.filter(isMeant), ...domains.filter((own) => !isMeant(own))] };
}

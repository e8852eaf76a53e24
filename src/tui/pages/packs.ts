import { shareBar } from '../../present/progress.ts';
import { clockText } from '../../present/text.ts';
import { printableLine } from '../../present/width.ts';
import type { AppState } from '../state.ts';
import { barWidth, type Page, type PageItem } from './page.ts';
import { isSolved } from './scenario-item.ts';

/** What is installed, and how far one is in each. */
export const packsPage: Page = {
  title: 'Packs',
  rows(state) {
    const ids = [...new Set(state.scenarios.map(({ packId }) => packId))];
    if (ids.length === 0) return [{ text: 'There are no packs.' }];
    return ids.map((id) => packItem(state, id));
  },
};

function packItem(state: AppState, id: string): PageItem {
  const own = state.scenarios.filter(({ packId }) => packId === id);
  const solved = own.filter((row) => isSolved(state, row)).length;
  const minutes = own.reduce((sum, row) => sum + row.minutes, 0);
  const exams = [...new Set(own.flatMap((row) => row.exams))].map((exam) => exam.toUpperCase());
  return {
    key: id,
    left: `${shareBar({ solved, scenarios: own.length }, barWidth)}  ${printableLine(own[0]?.pack ?? id)}`,
    right: `${solved} of ${own.length} solved`,
    token: 'muted',
    target: { open: 'labs', pack: id },
    about: [
      `${exams.join(' · ')}   ${own.length} labs, about ${clockText(minutes * 60_000)}; Enter shows them`,
      'More packs come with: kubedrill pack install',
    ],
  };
}

import { dayText } from '../../present/progress.ts';
import { clockText } from '../../present/text.ts';
import { fitTo, printableLine, widthOf } from '../../present/width.ts';
import type { ScenarioProgress } from '../../session/progress.ts';
import { competencyText } from '../competency.ts';
import type { ScenarioRow } from '../state.ts';
import type { Page, PageItem } from './page.ts';

/** What was achieved at each scenario that was tried, the latest first. */
export const progressPage: Page = {
  title: 'Progress',
  rows(state) {
    const tried = state.scenarios
      .flatMap((row) => {
        const progress = state.progress.get(row.progressKey);
        return progress ? [{ row, progress }] : [];
      })
      .toSorted((a, b) => b.progress.lastAt - a.progress.lastAt);
    if (tried.length === 0)
      return [{ text: 'Nothing was tried yet; what you solve stays here, whatever becomes of its cluster.' }];
    const width = Math.max(...tried.map(({ row }) => widthOf(printableLine(row.id))));
    const solved = tried.filter(({ progress }) => progress.solved).length;
    return [
      { text: `${solved} solved, ${tried.length} tried, ${state.scenarios.length} in all`, token: 'title' },
      { text: '' },
      ...tried.map(({ row, progress }) => progressItem(row, progress, width)),
    ];
  },
};

function progressItem(
  row: ScenarioRow,
  { solved, best, bestTime, level, tries, lastAt }: ScenarioProgress,
  width: number,
): PageItem {
  const cells = [
    fitTo(printableLine(row.id), width),
    best ? `${best.score} of ${best.max}`.padEnd(10) : 'not solved',
    bestTime === undefined ? '     ' : clockText(bestTime).padStart(5),
    level === undefined ? '       ' : `level ${level}`,
    tries === 1 ? '1 try' : `${tries} tries`,
  ];
  return {
    key: row.id,
    left: `${solved ? '✔' : ' '} ${cells.join('  ')}`,
    right: dayText(lastAt),
    token: 'muted',
    target: { open: 'lab', scenario: row.id },
    about: [printableLine(row.title), row.competencies.map(competencyText).join(' · ')],
  };
}

import { ownValue } from '../../kernel/own.ts';
import { fitTo, printableLine, widthOf } from '../../present/width.ts';
import { competencyText } from '../competency.ts';
import type { AppState, ScenarioRow } from '../state.ts';
import type { PageItem } from './page.ts';

/** Columns that the ids of scenarios take. */
export function idWidthOf(scenarios: readonly ScenarioRow[]): number {
  return Math.min(40, Math.max(...scenarios.map((s) => widthOf(printableLine(s.id)))));
}

/** A scenario as a line of a page, with what is in progress or was achieved at its end; its id takes `idWidth` columns. */
export function scenarioItem(state: AppState, row: ScenarioRow, idWidth: number): PageItem {
  const standing = standingOf(state, row);
  return {
    key: row.id,
    left: `${fitTo(printableLine(row.id), idWidth)}  ${printableLine(row.title)}`,
    right: standing?.text ?? `${row.difficulty}, ${row.minutes} min`,
    token: standing?.token ?? 'muted',
    target: { open: 'lab', scenario: row.id },
    about: [
      `${row.exams.join(' · ').toUpperCase()}   ${row.difficulty}, about ${row.minutes} minutes   ${printableLine(row.pack)}`,
      row.competencies.map(competencyText).join(' · '),
    ],
  };
}

/** What is in progress, behind the mark of what was solved before; undefined: neither. */
function standingOf(state: AppState, row: ScenarioRow): (Pick<PageItem, 'token'> & { text: string }) | undefined {
  const attempt = ownValue(state.running, row.id);
  const wasSolved = state.progress.get(row.progressKey)?.solved || attempt?.wasSolved;
  if (!attempt) return wasSolved ? { text: '✔ solved', token: 'good' } : undefined;
  if (attempt.phase === 'failed') return { text: '✘ set-up failed', token: 'bad' };
  if (attempt.phase === 'preparing') return { text: '… setting up', token: 'warn' };
  if (attempt.solved) return { text: '✔ solved', token: 'good' };
  return { text: `${wasSolved ? '✔ ' : ''}▶ ${attempt.score} of ${attempt.max}`, token: 'warn' };
}

/** Whether a scenario was ever solved. */
export function isSolved({ progress }: Pick<AppState, 'progress'>, row: ScenarioRow): boolean {
  return progress.get(row.progressKey)?.solved ?? false;
}

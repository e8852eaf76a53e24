import { printableLine } from '../present/width.ts';
import { curriculum } from '../scenario/curriculum.ts';
import { type Grouping, sortings } from '../session/scenario-rows.ts';
import { domainText } from './competency.ts';

/** The orders of labs, in turn. */
export const orders = ['pack order', ...sortings] as const;
const difficulties = ['easy', 'medium', 'hard'];
const exams = [...new Set(curriculum.map(({ exam }) => exam))];

/** Which labs are shown, and how. */
export interface LabsView {
  /** What was typed after `/`: words that are all in an id, a title or a topic. */
  words: string;
  /** Keys go into `words`. */
  typing: boolean;
  group: Grouping;
  sort: (typeof orders)[number];
  exam?: string;
  difficulty?: string;
  unsolved?: true;
  /** `cka/troubleshooting`. */
  domain?: string;
  /** Its id. */
  pack?: string;
}

export const allLabs: LabsView = { words: '', typing: false, group: 'domain', sort: 'pack order' };

/** What keeps labs from being shown, in words; empty if all are. */
export function filterText({ words, typing, exam, difficulty, unsolved, domain, pack }: LabsView): string {
  const parts = [
    ...(words || typing ? [`/${words}${typing ? '▏' : ''}`] : []),
    ...(domain ? [domainText(domain)] : []),
    ...(pack ? [`pack ${pack}`] : []),
    ...(exam ? [exam.toUpperCase()] : []),
    ...(difficulty ? [difficulty] : []),
    ...(unsolved ? ['unsolved'] : []),
  ];
  return printableLine(parts.join('  '));
}

/** The next of `exam`, `difficulty`, ... : each in turn, then all. */
export function nextFilter(view: LabsView, field: 'exam' | 'difficulty'): LabsView {
  const choices = field === 'exam' ? exams : difficulties;
  const { [field]: now, ...rest } = view;
  const next = choices[now === undefined ? 0 : choices.indexOf(now) + 1];
  return next === undefined ? rest : { ...rest, [field]: next };
}

/** Whether anything is left out. */
export function isFiltered(view: LabsView): boolean {
  return filterText(view) !== '';
}

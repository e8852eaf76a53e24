import { curriculum } from '../scenario/curriculum.ts';
import { domainsOf } from '../scenario/exams.ts';
import type { ScenarioEntry } from '../scenario/overview.ts';
import { type Progress, progressKey, type ScenarioProgress } from './progress.ts';
import type { Review } from './review.ts';

/** A scenario as lists show it, with what was achieved at it. */
export interface ScenarioListRow extends Omit<ScenarioEntry, 'pack'> {
  pack: string;
  packTitle: string;
  /** What its progress is found by. */
  progressKey: string;
  /** Headings of the exams' curricula, `cka/troubleshooting`, in their order; the first is that of its group. */
  domains: string[];
  /** Missing: never tried. */
  progress?: ScenarioProgress;
  /** When it is to be repeated, milliseconds since 1970; missing: nothing says so. */
  due?: number;
  isDue: boolean;
}

/** What a list is narrowed down to; what is missing narrows nothing. */
export interface RowFilter {
  exam?: string;
  /** With or without its exam: `cka/storage`, `storage`. */
  domain?: string;
  difficulty?: string;
  unsolved?: boolean;
  due?: boolean;
  /** Words that all are somewhere in name, title, competencies or pack. */
  text?: string;
}

/** What lists can be sorted by. */
export const sortings = ['difficulty', 'minutes', 'solved', 'due', 'name'] as const;
export type Sorting = (typeof sortings)[number];

/** What lists can be grouped by. */
export const groupings = ['domain', 'pack'] as const;
export type Grouping = (typeof groupings)[number];

/** Scenarios under one heading. `exam` and `weight`, in percent, are of domains. */
export interface RowGroup {
  id: string;
  title: string;
  exam?: string;
  weight?: number;
  rows: ScenarioListRow[];
  /** Of all scenarios that belong to it, also those that stand in another group or are filtered out. */
  done: { solved: number; scenarios: number };
}

/** The rows of scenarios, in their order. */
export function scenarioRows(
  entries: readonly ScenarioEntry[],
  achieved: Progress,
  reviews: readonly Review[] = [],
): ScenarioListRow[] {
  const due = new Map(reviews.map((review) => [progressKey({ pack: review.pack, id: review.scenario }), review]));
  return entries.map((entry) => {
    const { pack, ...own } = entry;
    const key = progressKey({ pack: pack.id, id: entry.id });
    const progress = achieved.get(key);
    const review = due.get(key);
    return {
      ...own,
      pack: pack.id,
      packTitle: pack.title,
      progressKey: key,
      domains: domainsOf(entry),
      ...(progress && { progress }),
      ...(review && { due: review.due }),
      isDue: review?.isDue ?? false,
    };
  });
}

export function filterRows(
  rows: readonly ScenarioListRow[],
  { exam, domain, difficulty, unsolved, due, text = '' }: RowFilter,
): ScenarioListRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) =>
      (exam === undefined || row.exams.includes(exam)) &&
      (domain === undefined || row.domains.some((own) => own === domain || own.endsWith(`/${domain}`))) &&
      (difficulty === undefined || row.difficulty === difficulty) &&
      !(unsolved && row.progress?.solved) &&
      (!due || row.isDue) &&
      words.every((word) => searched(row).includes(word)),
  );
}

function searched({ id, title, competencies, pack, packTitle }: ScenarioListRow): string {
  return [id, title, ...competencies, pack, packTitle].join('\n').toLowerCase();
}

const difficulties = ['easy', 'medium', 'hard'];

/** Rows that are alike stay in the order that they had. */
export function sortRows(rows: readonly ScenarioListRow[], by: Sorting): ScenarioListRow[] {
  const never = Number.POSITIVE_INFINITY;
  const orders: Record<Sorting, (a: ScenarioListRow, b: ScenarioListRow) => number> = {
    difficulty: (a, b) => difficulties.indexOf(a.difficulty) - difficulties.indexOf(b.difficulty),
    minutes: (a, b) => a.minutes - b.minutes,
    // What is left to do comes first.
    solved: (a, b) => Number(a.progress?.solved ?? false) - Number(b.progress?.solved ?? false),
    due: (a, b) => (a.due === b.due ? 0 : (a.due ?? never) - (b.due ?? never)),
    name: (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  };
  return rows.toSorted(orders[by]);
}

/**
 * The rows under their headings: each once, by its first domain or its pack, in the order of the curriculum and of the
 * rows. `all`: those that shares are of. Headings without rows are left out.
 */
export function groupRows(
  rows: readonly ScenarioListRow[],
  by: Grouping,
  all: readonly ScenarioListRow[] = rows,
): RowGroup[] {
  const groups: Omit<RowGroup, 'rows' | 'done'>[] = by === 'domain' ? domains : packsOf(all);
  const heading = (row: ScenarioListRow) => (by === 'domain' ? (row.domains[0] ?? elsewhere.id) : row.pack);
  const belongs = ({ id }: { id: string }, row: ScenarioListRow) =>
    by === 'pack' || row.domains.length === 0 ? heading(row) === id : row.domains.includes(id);
  return groups.flatMap((group) => {
    const own = rows.filter((row) => heading(row) === group.id);
    return own.length > 0 ? [{ ...group, rows: own, done: doneOf(all.filter((row) => belongs(group, row))) }] : [];
  });
}

/** The share that is solved of every domain that has scenarios; a scenario counts in each of its domains. */
export function domainShares(rows: readonly ScenarioListRow[]): Omit<RowGroup, 'rows'>[] {
  return domains.flatMap((domain) => {
    const own = rows.filter((row) => row.domains.includes(domain.id));
    return own.length > 0 ? [{ ...domain, done: doneOf(own) }] : [];
  });
}

/** Of competencies that are in no curriculum. */
const elsewhere = { id: 'elsewhere', title: 'outside of the curricula' };

const domains: Omit<RowGroup, 'rows' | 'done'>[] = [
  ...curriculum.map(({ exam, id, weight }) => ({ id: `${exam}/${id}`, title: id, exam, weight })),
  elsewhere,
];

function packsOf(rows: readonly ScenarioListRow[]): Omit<RowGroup, 'rows' | 'done'>[] {
  return [...new Map(rows.map(({ pack, packTitle }) => [pack, { id: pack, title: packTitle }])).values()];
}

function doneOf(rows: readonly ScenarioListRow[]): RowGroup['done'] {
  return { solved: rows.filter((row) => row.progress?.solved).length, scenarios: rows.length };
}

import { type Card, createEmptyCard, type Grade as FsrsGrade, fsrs, Rating } from 'ts-fsrs';
import type { ScenarioEntry } from '../scenario/overview.ts';
import {
  keyOfRecord,
  type ProgressRecord,
  progressKey,
  type RenamedKeys,
  readProgressRecords,
  renamedKeys,
  uniqueRecords,
} from './progress.ts';

/** How well a try went, as FSRS grades a review. */
export type Grade = 'again' | 'hard' | 'good' | 'easy';

/** A try that ended, and what it says of how well the scenario is known. */
export interface ReviewedTry {
  /** When it ended, milliseconds since 1970. */
  at: number;
  grade: Grade;
  /** What the grade came from, in a few words. */
  why: string;
}

/** When a scenario is to be done again. */
export interface Review {
  pack: string;
  scenario: string;
  /** Milliseconds since 1970. */
  due: number;
  isDue: boolean;
  /** How likely it is that it would still be solved now, from 0 to 1. */
  retrievability: number;
  last: ReviewedTry;
  /** Seeds that it was tried with. */
  seeds: number[];
}

const ratings: Readonly<Record<Grade, FsrsGrade>> = {
  again: Rating.Again,
  hard: Rating.Hard,
  good: Rating.Good,
  easy: Rating.Easy,
};

const minute = 60_000;

/** A look at a task is no try, milliseconds of work. */
const shortestTry = minute;

/** Whole days between reviews, and always the same ones: nobody does a lab a second time within minutes. */
const scheduler = fsrs({ enable_fuzz: false, enable_short_term: false });

/**
 * What is to be repeated of what was tried, the most urgent first: what is due by how likely it is forgotten, then the
 * rest by when it will be. A fold of the progress file; scenarios that are gone are left out. Pure; `now` in milliseconds
 * since 1970.
 */
export function reviewsOf(
  entries: readonly ScenarioEntry[],
  records: readonly ProgressRecord[],
  now: number,
  renamed: RenamedKeys = new Map(),
): Review[] {
  const sorted = [...uniqueRecords(records).values()].sort((a, b) => a.t - b.t);
  const byScenario = Map.groupBy(sorted, (record) => keyOfRecord(record, renamed));
  const reviews = entries.flatMap((entry) => {
    const own = byScenario.get(progressKey({ pack: entry.pack.id, id: entry.id })) ?? [];
    return reviewOf(entry, own, now) ?? [];
  });
  return reviews.sort(
    (a, b) => Number(b.isDue) - Number(a.isDue) || (a.isDue ? a.retrievability - b.retrievability : a.due - b.due),
  );
}

/** `reviewsOf` what is in the progress file; `folder` is kubedrill's state folder. */
export async function readReviews(folder: string, entries: readonly ScenarioEntry[], now: number): Promise<Review[]> {
  const records = await readProgressRecords(folder);
  return reviewsOf(entries, records, now, renamedKeys(entries.map((entry) => entry.pack)));
}

function reviewOf(entry: ScenarioEntry, records: readonly ProgressRecord[], now: number): Review | undefined {
  const tries = triesOf(records, entry.minutes);
  const last = tries.at(-1);
  if (!last) return undefined;
  const card = tries.reduce<Card>(
    (before, { at, grade }) => scheduler.next(before, at, ratings[grade]).card,
    createEmptyCard(tries[0]?.at),
  );
  const due = card.due.getTime();
  return {
    pack: entry.pack.id,
    scenario: entry.id,
    due,
    isDue: due <= now,
    retrievability: scheduler.get_retrievability(card, now, false),
    last,
    seeds: [...new Set(records.map(({ seed }) => seed))],
  };
}

/** The tries of a scenario that say something, in order: solved ones, and those that were given up after some work. */
function triesOf(records: readonly ProgressRecord[], minutes: number): ReviewedTry[] {
  /** How often each attempt was begun without having been solved since. */
  const begun = new Map<string, number>();
  return records.flatMap((record): ReviewedTry[] => {
    const { t, attempt } = record;
    const times = begun.get(attempt) ?? 0;
    if (record.type === 'began') {
      begun.set(attempt, times + 1);
      return [];
    }
    begun.delete(attempt);
    if (record.type === 'solved') return [{ at: t, ...gradeOf(record, minutes, times > 1) }];
    return record.worked < shortestTry ? [] : [{ at: t, grade: 'again', why: 'ended before it was solved' }];
  });
}

/** The grade of a solved try: by what it was helped with, and by its time against that of the scenario. */
function gradeOf(
  { worked, hints, sawSolution, level }: Extract<ProgressRecord, { type: 'solved' }>,
  minutes: number,
  wasReset: boolean,
): Pick<ReviewedTry, 'grade' | 'why'> {
  const share = worked / (minutes * minute);
  if (sawSolution) return { grade: 'again', why: 'the solution was looked at' };
  if (hints > 0) return { grade: 'hard', why: hints === 1 ? 'with a hint' : `with ${hints} hints` };
  if ((level ?? 0) >= 2) return { grade: 'hard', why: `at level ${level}` };
  if (wasReset) return { grade: 'hard', why: 'after a reset' };
  if (share > 1.5) return { grade: 'hard', why: `in much more than its ${minutes} min` };
  if (share <= 0.5 && (level ?? 0) === 0) return { grade: 'easy', why: `without help in half of its ${minutes} min` };
  return { grade: 'good', why: share > 1 ? `in a little more than its ${minutes} min` : `within its ${minutes} min` };
}

/**
 * A seed that a scenario was not tried with, the smallest that draws other names than all that were; where no seed does
 * any more, one that was not used.
 */
export function freshSeed(used: readonly number[], variablesOf: (seed: number) => Record<string, string>): number {
  const drawn = (seed: number) => JSON.stringify(Object.entries(variablesOf(seed)).sort());
  const known = new Set(used.map(drawn));
  const unused = Array.from({ length: seedsLookedAt }, (_, index) => index + 1).filter((seed) => !used.includes(seed));
  return unused.find((seed) => !known.has(drawn(seed))) ?? unused[0] ?? Math.max(...used) + 1;
}

const seedsLookedAt = 50;

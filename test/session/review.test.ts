import { describe, expect, it } from 'vitest';
import type { ScenarioEntry } from '../../src/scenario/overview.ts';
import { foldSeeds, type ProgressRecord } from '../../src/session/progress.ts';
import { freshSeed, reviewsOf } from '../../src/session/review.ts';

const day = 86_400_000;
const minute = 60_000;

function entry(id: string): ScenarioEntry {
  const pack = { id: 'p', title: 'P', renamed: {} };
  return { id, title: id, pack, exams: ['cka'], competencies: ['cka/rbac'], difficulty: 'easy', minutes: 10 };
}

const of = (scenario: string, attempt: string, t: number, seed = 0) =>
  ({ version: 1, pack: 'p', scenario, seed, attempt, t }) as const;

function began(scenario: string, attempt: string, t: number): ProgressRecord {
  return { ...of(scenario, attempt, t), type: 'began' };
}

type Solved = Extract<ProgressRecord, { type: 'solved' }>;

function solved(scenario: string, attempt: string, t: number, how: Partial<Solved> = {}): ProgressRecord {
  const full = { score: 100, max: 100, worked: 8 * minute, hints: 0, sawSolution: false, level: 0 } as const;
  return { ...of(scenario, attempt, t), type: 'solved', ...full, ...how };
}

function gradeOf(...records: ProgressRecord[]) {
  return reviewsOf([entry('a')], records, 0)[0]?.last.grade;
}

describe('the grade of a try', () => {
  it.each<[string, Partial<Solved>, string]>([
    ['fast and without help', { worked: 4 * minute }, 'easy'],
    ['within its minutes', {}, 'good'],
    ['told what is', { worked: 4 * minute, level: 1 }, 'good'],
    ['told why', { level: 2 }, 'hard'],
    ['with a hint', { hints: 1 }, 'hard'],
    ['in twice its minutes', { worked: 20 * minute }, 'hard'],
    ['after the solution', { sawSolution: true }, 'again'],
  ])('of one that was solved %s', (_, how, grade) => {
    expect(gradeOf(began('a', 'one', 0), solved('a', 'one', 1, how))).toBe(grade);
  });

  it('is of the try, not of a look at the task', () => {
    const ended = (worked: number): ProgressRecord => ({ ...of('a', 'one', 1), type: 'ended', worked });
    expect(gradeOf(began('a', 'one', 0), ended(5 * minute))).toBe('again');
    expect(gradeOf(began('a', 'one', 0), ended(5_000))).toBeUndefined();
    expect(gradeOf(began('a', 'one', 0))).toBeUndefined();
    expect(gradeOf(began('a', 'one', 0), began('a', 'one', 1), solved('a', 'one', 2))).toBe('hard');
  });
});

describe('what is to be repeated', () => {
  const records = [
    began('a', 'one', 0),
    solved('a', 'one', 1, { sawSolution: true }),
    began('b', 'two', 0),
    solved('b', 'two', 1),
    began('c', 'three', 0),
    solved('c', 'three', 1, { worked: minute }),
    began('gone', 'four', 0),
    solved('gone', 'four', 1),
  ];
  const entries = ['c', 'b', 'a', 'untried'].map(entry);
  const at = (now: number) => reviewsOf(entries, records, now);

  it('comes the sooner the worse it went, and the same way each time', () => {
    expect(at(2).map(({ scenario, isDue }) => [scenario, isDue])).toEqual([
      ['a', false],
      ['b', false],
      ['c', false],
    ]);
    expect(at(5 * day)).toEqual(reviewsOf(entries.toReversed(), [...records.toReversed(), ...records], 5 * day));
    const [a, b, c] = at(2).map(({ due }) => due / day);
    expect(a).toBeLessThan(b as number);
    expect(b).toBeLessThan(c as number);
  });

  it('puts what is forgotten most before the rest', () => {
    const later = at(400 * day);
    expect(later.map(({ isDue }) => isDue)).toEqual([true, true, true]);
    expect(later[0]?.scenario).toBe('a');
    expect(later[0]?.retrievability).toBeLessThan(later[2]?.retrievability as number);
  });

  it('comes later once it went well again', () => {
    const [first] = reviewsOf([entry('b')], records, 2);
    const again = [...records, began('b', 'five', 10 * day), solved('b', 'five', 10 * day + 1)];
    const [second] = reviewsOf([entry('b')], again, 10 * day + 2);
    expect((second?.due ?? 0) - 10 * day).toBeGreaterThan(first?.due as number);
  });
});

it('keeps what was achieved apart by seed', () => {
  const records = [
    began('a', 'one', 1),
    solved('a', 'one', 2, { hints: 2, level: 1 }),
    { ...began('a', 'two', 3), seed: 7 },
  ];
  expect(foldSeeds(records).get('p/a')).toEqual([
    expect.objectContaining({ seed: 0, solved: true, hints: 2, level: 1, tries: 1, lastAt: 2 }),
    { seed: 7, solved: false, tries: 1, lastAt: 3 },
  ]);
});

it('draws other names than before as long as there are any', () => {
  const names = (seed: number) => ({ name: ['swan', 'heron', 'stork'][seed % 3] as string });
  expect(freshSeed([0], names)).toBe(1);
  expect(freshSeed([0, 1], names)).toBe(2);
  expect(freshSeed([0, 1, 4], names)).toBe(2);
  expect(freshSeed([0, 1, 2], names)).toBe(3);
});

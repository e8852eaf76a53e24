import { describe, expect, it } from 'vitest';
import type { SittingEvent, SittingEventBody } from '../../../src/session/exam/events.ts';
import { foldSitting, goesOn, spentOn } from '../../../src/session/exam/fold.ts';

const minute = 60_000;
const task = (id: string) => ({
  scenario: { pack: 'p', id, seed: 1 },
  title: id,
  minutes: 5,
  weight: 50,
  host: `cka100${id.length}`,
});
const created = (mode: 'exam' | 'training' = 'exam'): SittingEvent => ({
  t: 0,
  type: 'created',
  version: 1,
  id: 's',
  exam: { pack: 'p', id: 'e', title: 'E' },
  mode,
  seed: 1,
  minutes: 10,
  tasks: [task('a'), task('bb')],
  on: { provider: 'embedded' },
});
const log = (...events: [minutes: number, body: SittingEventBody][]): SittingEvent[] => [
  created(),
  ...events.map(([at, body]) => ({ t: at * minute, ...body }) as SittingEvent),
];

describe('a sitting as its log tells it', () => {
  it('has so much time from when its first task was ready, whatever happens', () => {
    const fold = foldSitting(log([1, { type: 'attempt', task: 0, attempt: 'a-1' }], [2, { type: 'opened' }]));
    expect(fold).toMatchObject({ phase: 'running', openedAt: 2 * minute, deadline: 12 * minute, current: 0 });
    expect(fold?.tasks[0]?.attempt).toBe('a-1');
    const training = foldSitting([created('training'), { t: minute, type: 'opened' }]);
    expect(training?.deadline).toBeUndefined();
  });

  it('counts the time of a task while it is the current one, and not beyond the end', () => {
    const fold = foldSitting(
      log([1, { type: 'opened' }], [4, { type: 'went', task: 1 }], [5, { type: 'went', task: 0 }]),
    );
    if (!fold) throw new Error('no fold');
    expect(spentOn(fold, 0, 6 * minute)).toBe(4 * minute);
    expect(spentOn(fold, 1, 6 * minute)).toBe(minute);
    // Nobody looked for an hour.
    expect(spentOn(fold, 0, 70 * minute)).toBe(9 * minute);
  });

  it('ends at the deadline also when that was noticed later', () => {
    const submitted: SittingEventBody = { type: 'submitted', by: 'deadline', at: 11 * minute };
    const fold = foldSitting(log([1, { type: 'opened' }], [600, submitted]));
    if (!fold) throw new Error('no fold');
    expect(goesOn(fold)).toBe(false);
    expect(spentOn(fold, 0, 900 * minute)).toBe(10 * minute);
  });

  it('keeps flags and the notepad', () => {
    const fold = foldSitting(
      log(
        [1, { type: 'flagged', task: 1, flagged: true }],
        [2, { type: 'noted', text: 'one' }],
        [3, { type: 'noted', text: 'one\ntwo' }],
      ),
    );
    expect(fold?.tasks.map(({ flagged }) => flagged)).toEqual([false, true]);
    expect(fold?.notes).toBe('one\ntwo');
    expect(foldSitting([])).toBeUndefined();
  });
});

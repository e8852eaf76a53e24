import { expect, it } from 'vitest';
import type { AttemptEvent } from '../../src/session/events.ts';
import { foldAttempt, workedTime } from '../../src/session/fold.ts';

const created: AttemptEvent = {
  t: 1_000,
  type: 'created',
  version: 1,
  id: 'a-1',
  scenario: { pack: 'p', id: 'a', seed: 0 },
  title: 'A',
  minutes: 5,
};

it('is nothing without its first event', () => {
  expect(foldAttempt([])).toBeUndefined();
  expect(foldAttempt([{ t: 1, type: 'activated' }])).toBeUndefined();
});

it('counts time from activation until it is solved', () => {
  const fold = foldAttempt([created, { t: 2_000, type: 'activated' }]);
  expect(fold).toMatchObject({ phase: 'active', readyIn: 1_000 });
  expect(fold && workedTime(fold, 5_000)).toBe(3_000);
  const solved = foldAttempt([
    created,
    { t: 2_000, type: 'activated' },
    { t: 9_000, type: 'solved', score: 100, max: 100 },
  ]);
  expect(solved && workedTime(solved, 99_000)).toBe(7_000);
});

it('does not count the time between a suspension, or a crash, and the next start', () => {
  const active: AttemptEvent[] = [created, { t: 2_000, type: 'activated' }];
  const suspended = foldAttempt([...active, { t: 5_000, type: 'suspended' }, { t: 60_000, type: 'resumed' }]);
  expect(suspended && workedTime(suspended, 61_000)).toBe(4_000);
  const crashed = foldAttempt([
    ...active,
    { t: 4_000, type: 'hint', index: 0, price: 5 },
    { t: 60_000, type: 'resumed' },
  ]);
  expect(crashed && workedTime(crashed, 61_000)).toBe(3_000);
});

it('starts again at a reset, but hints stay paid', () => {
  const fold = foldAttempt([
    created,
    { t: 2_000, type: 'activated' },
    { t: 3_000, type: 'hint', index: 0, price: 5 },
    {
      t: 4_000,
      type: 'activity',
      activity: { time: 4_000, change: '+', kind: 'Role', name: 'x', manager: 'kubectl', detail: '' },
    },
    { t: 5_000, type: 'solved', score: 95, max: 100 },
    { t: 6_000, type: 'resetting' },
    { t: 7_000, type: 'activated' },
  ]);
  expect(fold).toMatchObject({
    phase: 'active',
    hints: [0],
    hintPrice: 5,
    activities: [],
    activatedAt: 7_000,
    readyIn: 1_000,
  });
  expect(fold?.solvedAt).toBeUndefined();
  expect(fold?.wasSolved).toBe(true);
  expect(fold && workedTime(fold, 8_000)).toBe(1_000);
});

it('keeps what went wrong', () => {
  const fold = foldAttempt([created, { t: 2_000, type: 'failed', what: 'no', why: 'because', next: 'this' }]);
  expect(fold).toMatchObject({ phase: 'failed', failure: { what: 'no', why: 'because', next: 'this' } });
});

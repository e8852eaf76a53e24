import { expect, it } from 'vitest';
import { ManualClock, sleep } from '../../src/kernel/clock.ts';

it('fires timers in the order of their time, with the clock standing at it', async () => {
  const clock = new ManualClock(1_000);
  const fired: [string, number][] = [];
  clock.after(30, () => fired.push(['late', clock.now()]));
  clock.after(10, () => {
    fired.push(['early', clock.now()]);
    clock.after(10, () => fired.push(['from within', clock.now()]));
  });
  clock.after(5, () => fired.push(['cancelled', 0])).cancel();
  await clock.advance(100);
  expect(fired).toEqual([
    ['early', 1_010],
    ['from within', 1_020],
    ['late', 1_030],
  ]);
  expect(clock.now()).toBe(1_100);
});

it('ends a sleep early with the reason of its signal', async () => {
  const stop = new AbortController();
  const slept = sleep(new ManualClock(), 1_000, stop.signal);
  stop.abort(new Error('enough'));
  await expect(slept).rejects.toThrow('enough');
});

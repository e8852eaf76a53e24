import { describe, expect, it } from 'vitest';
import { ManualClock, nextTurn, turnToWork } from '../../src/kernel/clock.ts';

/** Uses up `ms` of this thread's processor time. */
function compute(ms: number): void {
  const { user, system } = process.threadCpuUsage();
  for (;;) {
    const now = process.threadCpuUsage();
    if (now.user + now.system - user - system >= 1000 * ms) return;
  }
}

describe('turns of the event loop', () => {
  it('hold some milliseconds of work, however many workers there are', async () => {
    const perTurn = [0];
    let working = 20;
    const worker = async () => {
      for (let n = 0; n < 2; n++) {
        await turnToWork();
        compute(4);
        perTurn[perTurn.length - 1] = (perTurn.at(-1) ?? 0) + 1;
      }
      working--;
    };
    for (let n = 0; n < 20; n++) void worker();
    while (working > 0) {
      await nextTurn();
      perTurn.push(0);
    }
    expect(perTurn.reduce((sum, n) => sum + n)).toBe(40);
    // 5 ms, and what was begun before they were over.
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(3);
  });

  it('come to those who wait in their order', async () => {
    const done: number[] = [];
    await Promise.all(
      Array.from({ length: 6 }, async (_, n) => {
        await turnToWork();
        compute(11);
        done.push(n);
      }),
    );
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('let many through that have little to do', async () => {
    let turns = 0;
    let over = false;
    const counting = (async () => {
      for (; !over; turns++) await nextTurn();
    })();
    await Promise.all(Array.from({ length: 100 }, () => turnToWork()));
    over = true;
    await counting;
    expect(turns).toBeLessThan(10);
  });

  it('are all let through before a clock that is moved by hand goes on', async () => {
    const clock = new ManualClock();
    let done = 0;
    clock.after(10, () => {
      for (let n = 0; n < 5; n++) {
        void (async () => {
          await turnToWork();
          compute(11);
          done++;
        })();
      }
    });
    clock.after(20, () => expect(done).toBe(5));
    await clock.advance(20);
    expect(done).toBe(5);
  });
});

import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { giveBackAtRest } from '../../src/daemon/rest.ts';
import { ManualClock } from '../../src/kernel/clock.ts';

/** Whether `object` was collected tells whether anybody collects. */
function garbage(): WeakRef<object> {
  return new WeakRef({ large: new Array(1000).fill(0) });
}

function utilization(...of: number[]): void {
  const idle = { idle: 0, active: 0, utilization: 0 };
  vi.spyOn(performance, 'eventLoopUtilization').mockImplementation((now, before) =>
    now && before ? { ...idle, utilization: of.shift() ?? 0 } : idle,
  );
}

afterEach(() => vi.restoreAllMocks());

describe('a process at rest', () => {
  it('collects twice, and again once it has worked', async () => {
    utilization(0.9, 0.05, 0, 0, 0.5, 0);
    const clock = new ManualClock();
    const rest = giveBackAtRest(clock);
    const collected: boolean[] = [];
    for (let look = 0; look < 6; look++) {
      const left = garbage();
      await clock.advance(20_000);
      collected.push(left.deref() === undefined);
    }
    rest.cancel();
    expect(collected).toEqual([false, true, true, false, false, true]);
  });
});

import { expect, it } from 'vitest';
import { CpuMeter, NodeCpu } from '../../../src/embedded/container/kernel/cpu-meter.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';

it('shares the cores of a node by requests where they do not do for all', async () => {
  const clock = new ManualClock();
  const node = new NodeCpu(clock);
  const users = Array.from({ length: 4 }, () => ({ cpuMs: 0 }));
  const meter = (running: number, request?: number, limit?: number) => {
    const made = new CpuMeter(node, { request, limit });
    made.running = users.slice(0, running);
    return made;
  };
  const meters = [meter(4, 1), meter(4, 3), meter(4), meter(1, 0.5, 0.25), meter(0, 2)];
  const second = async () => {
    const before = meters.map(({ usedMs }) => usedMs);
    await clock.advance(1000);
    return meters.map(({ usedMs }, i) => Math.round(usedMs - (before[i] ?? 0)));
  };
  const [first, other] = meters;
  expect(await second()).toEqual([937, 2811, 2, 250, 0]);
  if (other) other.running = [];
  expect(await second()).toEqual([3743, 0, 7, 250, 0]);
  first?.close();
  expect(await second()).toEqual([0, 0, 3750, 250, 0]);
});

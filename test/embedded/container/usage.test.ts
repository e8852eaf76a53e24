import { text } from 'node:stream/consumers';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import type { RunningContainer } from '../../../src/embedded/container-api.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';
import { emptyNetwork, printed, specOf } from './helpers.ts';

const clock = new ManualClock();
const runtime = createContainerRuntime({ network: emptyNetwork(), clock });
const running: RunningContainer[] = [];
// What is busy would make the others wait.
afterEach(async () => {
  for (const container of running) container.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ exited }) => exited));
});
afterAll(() => runtime.dispose());

async function started(script: string, limits: Record<string, string> = {}, image = 'busybox:1.36', sign = /up/) {
  const container = await runtime.start(
    specOf(image, { command: ['sh', '-c', `echo up; ${script}`], resources: { limits } }),
  );
  running.push(container);
  await printed(container, sign);
  return container;
}

/** Thousandths of a core that each used in 15 s, rounded to ten. */
async function millicores(...ids: string[]): Promise<number[]> {
  const before = await runtime.usage();
  await clock.advance(15_000);
  const after = await runtime.usage();
  return ids.map((id) => Math.round(((after[id]?.cpuMs ?? 0) - (before[id]?.cpuMs ?? 0)) / 150) * 10);
}

describe('what containers use', () => {
  it('is a core for a busy process, as far as limits go, and nothing for an idle one', async () => {
    const idle = await started('sleep 1000');
    const busy = await started('while :; do :; done');
    const limited = await started('while :; do :; done', { cpu: '250m' });
    const two = await started('yes > /dev/null & yes > /dev/null & wait');
    const stress = await started('stress --cpu 3 --timeout 1000', { cpu: '1' }, 'polinux/stress');
    const ids = [idle, busy, limited, two, stress].map(({ id }) => id);
    // Together they want more than the node's four cores: two gets what the others leave.
    expect(await millicores(...ids)).toEqual([0, 1000, 250, 1750, 1000]);
  });

  it.each([
    // busybox counts all four cores as 100 %, procps each.
    [
      'busybox:1.36',
      '1',
      /^ *1 +0 root +R +\d+ +\d+% +13% sh -c .*\n +2 +1 root +S .* 0% sleep 1000$/m,
      /13% usr .* 87% idle/,
    ],
    [
      'bitnami/kubectl:1.33',
      '1',
      /^ *1 1001 .* R +50\.0 +0\.\d +\d:\d\d\.\d\d (?:sh|bash)\n +2 1001 .* S +0\.0 /m,
      /%Cpu\(s\): +12\.5 us/,
    ],
  ])('is what top in it shows (%s)', async (image, count, process, summary) => {
    const busy = await started('sleep 1000 & while :; do :; done', { cpu: '500m' }, image);
    const { stdout } = busy.exec({ stdin: false, tty: false, command: ['top', '-b', '-n', count] });
    let ended = false;
    const shown = text(stdout).finally(() => {
      ended = true;
    });
    while (!ended) await clock.advance(50);
    const picture = await shown;
    expect(picture).toMatch(process);
    expect(picture).toMatch(summary);
  });

  it('follows its limits where they change', async () => {
    const busy = await started('while :; do :; done');
    busy.update({ limits: { cpu: '1500m', memory: '64Mi' } });
    expect(await millicores(busy.id)).toEqual([1000]);
    busy.update({ limits: { cpu: '300m', memory: '64Mi' } });
    expect(await millicores(busy.id)).toEqual([300]);
    const { stdout } = busy.exec({
      ...{ stdin: false, tty: false },
      command: ['cat', '/sys/fs/cgroup/cpu.max', '/sys/fs/cgroup/memory.max'],
    });
    expect(await text(stdout)).toBe('30000 100000\n67108864\n');
  });

  it('ends with the container, and with what was pretended', async () => {
    const stress = await started('stress --cpu 1 --timeout 10; echo over; sleep 1000', {}, 'polinux/stress');
    const over = printed(stress, /over/);
    let done = false;
    void over.then(() => {
      done = true;
    });
    // The timer's message comes from another thread: time moves on until it has.
    while (!done) await clock.advance(10_000);
    expect(await millicores(stress.id)).toEqual([0]);
    stress.kill('SIGKILL');
    await stress.exited;
    expect(Object.keys(await runtime.usage())).not.toContain(stress.id);
  });

  it('is memory too: what processes hold, up to the limit', async () => {
    const small = await started('sleep 1000');
    const stress = 'stress --vm 1 --vm-bytes 100M --vm-hang 1';
    const big = await started(stress, { memory: '128Mi' }, 'polinux/stress', /dispatching/);
    const mebibytes = (bytes = 0) => Math.round(bytes / 1024 ** 2);
    const used = await runtime.usage();
    expect(used[small.id]?.memoryBytes).toBeGreaterThan(0);
    expect(mebibytes(used[small.id]?.memoryBytes)).toBeLessThan(2);
    expect(mebibytes(used[big.id]?.memoryBytes)).toBeOneOf([100, 101]);
  });
});

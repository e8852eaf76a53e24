import type { Process } from '../kernel/process.ts';

/**
 * Uses so much CPU time, in milliseconds of one core, without using any of this machine's: it only counts as used,
 * and takes as long as the container's limit and the node's other containers make it.
 */
export async function burn(p: Process, cpuMs: number): Promise<void> {
  const { meter } = p.container.cpu;
  meter.pretend(p, 1);
  const giveBack = p.onExit(() => meter.pretend(p, -1));
  let left = cpuMs;
  while (left > 0) {
    const speed = Math.max(0.01, Math.min(1, meter.share / Math.max(1, meter.wanted)));
    // Others may come and go meanwhile: looked at again after a while.
    const ms = Math.min(100, left / speed);
    await p.sleep(ms);
    left -= ms * speed;
  }
  giveBack();
  meter.pretend(p, -1);
}

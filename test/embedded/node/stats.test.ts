import { afterEach, describe, expect, it } from 'vitest';
import { pods } from '../../../src/kube/resources.ts';
import { first, startNode } from './harness.ts';

const asked = (path: string) => ({ method: 'GET', path, query: new URLSearchParams() });

let stop = () => {};
afterEach(() => stop());

async function node() {
  const n = await startNode();
  stop = n.stop;
  return {
    ...n,
    /** The values of `/metrics/resource` by name and labels. */
    async metrics(): Promise<Record<string, number>> {
      const { status, body } = (await n.kubelet.answer(asked('/metrics/resource'))) ?? {};
      expect(status).toBe(200);
      const rows = [...String(body).matchAll(/^(\w+(?:\{[^}]*\})?) (\S+)/gm)].map(([, name = '', value]) => [
        name,
        Number(value),
      ]);
      return Object.fromEntries(rows);
    },
  };
}

describe('what a kubelet tells of its node', () => {
  it('is what its containers use, and the system', async () => {
    const { run, until, runtime, metrics, clock } = await node();
    const at = clock.now();
    await run('p', {});
    await until('p', (pod) => first(pod).started === true);
    runtime.used[runtime.last('c').id] = { cpuMs: 1500, memoryBytes: 5000 };
    const labels = '{container="c",namespace="default",pod="p"}';
    expect(await metrics()).toMatchObject({
      [`container_cpu_usage_seconds_total${labels}`]: 1.5,
      // Whole pages.
      [`container_memory_working_set_bytes${labels}`]: 8192,
      [`container_start_time_seconds${labels}`]: at / 1000,
      'pod_cpu_usage_seconds_total{namespace="default",pod="p"}': 1.5,
      node_cpu_usage_seconds_total: 1.5,
      node_memory_working_set_bytes: 480 * 1024 ** 2 + 8192,
    });
    await clock.advance(10_000);
    expect((await metrics()).node_cpu_usage_seconds_total).toBeCloseTo(1.5 + 0.3);
  });

  it('keeps the CPU of containers that have ended', async () => {
    const { run, until, runtime, metrics, client } = await node();
    await run('p', {});
    await until('p', (pod) => first(pod).started === true);
    const { id } = runtime.last('c');
    runtime.used[id] = { cpuMs: 4000, memoryBytes: 4096 };
    await metrics();
    await client.delete(pods, 'default', 'p', { gracePeriodSeconds: 0 });
    delete runtime.used[id];
    const after = await metrics();
    expect(after.node_cpu_usage_seconds_total).toBe(4);
    expect(Object.keys(after).some((name) => name.includes('pod="p"'))).toBe(false);
  });
});

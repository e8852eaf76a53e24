import { describe, expect, it } from 'vitest';
import { WorkQueue } from '../../../src/embedded/client/work-queue.ts';
import { SyncError } from '../../../src/embedded/errors/background.ts';
import { conflict } from '../../../src/embedded/errors/status.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';

function queue(sync: (key: string) => Promise<void>, workers = 1) {
  const clock = new ManualClock();
  const abort = new AbortController();
  const errors: unknown[] = [];
  const q = new WorkQueue({ clock, signal: abort.signal, sync, workers, report: (error) => errors.push(error) });
  return { clock, abort, q, errors };
}

/** A sync that ends when it is told to. */
function gate() {
  const started: string[] = [];
  const open = new Map<string, () => void>();
  return {
    started,
    sync: (key: string) =>
      new Promise<void>((resolve) => {
        started.push(key);
        open.set(key, resolve);
      }),
    end: async (key: string) => {
      open.get(key)?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('WorkQueue', () => {
  it('syncs a key once however often it is added before', async () => {
    const seen: string[] = [];
    const { q } = queue(async (key) => void seen.push(key));
    q.add('a');
    q.add('b');
    q.add('a');
    await q.idle();
    expect(seen).toEqual(['a', 'b']);
  });

  it('never syncs one key twice at the same time, but again afterwards', async () => {
    const g = gate();
    const { q } = queue(g.sync, 3);
    q.add('a');
    await turn();
    q.add('a');
    q.add('a');
    q.add('b');
    await turn();
    expect(g.started).toEqual(['a', 'b']);
    await g.end('a');
    expect(g.started).toEqual(['a', 'b', 'a']);
    await g.end('a');
    await g.end('b');
    await q.idle();
  });

  it('uses no more workers than it has', async () => {
    const g = gate();
    const { q } = queue(g.sync, 2);
    for (const key of ['a', 'b', 'c']) q.add(key);
    await turn();
    expect(g.started).toEqual(['a', 'b']);
    await g.end('b');
    expect(g.started).toEqual(['a', 'b', 'c']);
  });

  it('repeats a failing key with doubled waits and forgets that once it succeeds', async () => {
    let failures = 3;
    const at: number[] = [];
    const { q, clock, errors } = queue(async () => {
      at.push(clock.now());
      if (failures-- > 0) throw new Error('not yet');
    });
    const start = clock.now();
    q.add('a');
    await clock.advance(1000);
    expect(at.map((t) => t - start)).toEqual([0, 5, 15, 35]);
    // Once, when it begins.
    expect(errors).toHaveLength(1);
    expect(q.requeues('a')).toBe(0);
  });

  it('reports no failure that the cluster itself explains', async () => {
    const failures = [conflict({ group: '', resource: 'pods' }, 'web', 'it changed'), new SyncError('no room')];
    const { q, clock, errors } = queue(async () => {
      const failure = failures.shift();
      if (failure) throw failure;
    });
    q.add('a');
    await clock.advance(1000);
    expect(failures).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('keeps the earliest of several delayed wishes', async () => {
    let count = 0;
    const { q, clock } = queue(async () => void count++);
    q.addAfter('a', 1000);
    q.addAfter('a', 10);
    q.addAfter('a', 5000);
    await clock.advance(10);
    expect(count).toBe(1);
    await clock.advance(10_000);
    expect(count).toBe(1);
  });

  it('drops what waits when the cluster stops', async () => {
    let count = 0;
    const { q, clock, abort } = queue(async () => void count++);
    q.addAfter('a', 10);
    abort.abort();
    q.add('b');
    await clock.advance(100);
    expect(count).toBe(0);
  });
});

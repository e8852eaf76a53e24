import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../src/embedded/server/memory-budget.ts';
import { namespaces } from '../../../src/kube/resources.ts';
import { ask } from './ask.ts';
import { startHarness } from './harness.ts';

describe('a memory budget', () => {
  it('ends whoever has not moved for longest once the limit is passed', () => {
    const ended: string[] = [];
    const budget = new MemoryBudget(100);
    const stuck = budget.hold(() => ended.push('stuck'));
    const reading = budget.hold(() => ended.push('reading'));
    stuck.set(40);
    reading.set(40);
    reading.set(30);
    reading.set(50);
    expect(ended).toEqual([]);
    const third = budget.hold(() => ended.push('third'));
    third.set(30);
    expect(ended).toEqual(['stuck']);
    expect(budget.total).toBe(80);
    // It is ended already: nothing of it counts.
    stuck.set(90);
    stuck.release();
    expect(budget.total).toBe(80);
    reading.release();
    third.release();
    expect(budget.total).toBe(0);
  });

  it('ends the only one that asks for more than there is', () => {
    const ended: string[] = [];
    const budget = new MemoryBudget(100);
    budget.hold(() => ended.push('one')).set(101);
    expect(ended).toEqual(['one']);
    expect(budget.hasRoom(100)).toBe(true);
    expect(budget.hasRoom(101)).toBe(false);
  });
});

describe('a server whose memory is taken', () => {
  it('refuses bodies until there is room again', async () => {
    const budget = new MemoryBudget(100_000);
    const harness = await startHarness({ budget });
    const others = budget.hold(() => undefined);
    others.set(99_000);
    const create = (name: string) =>
      ask(harness, '/api/v1/namespaces/default/configmaps', {
        method: 'POST',
        body: { metadata: { name }, data: { text: 'x'.repeat(2000) } },
        as: harness.pki.admin,
      });
    await harness.create(namespaces, { metadata: { name: 'default' } });
    const refused = await create('one');
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.json).toMatchObject({
      reason: 'TooManyRequests',
      message: 'Too many requests, please try again later.',
    });
    others.release();
    expect((await create('one')).status).toBe(201);
    await harness.close();
    expect(budget.total).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { SpaceExceeded } from '../../../src/embedded/store/space.ts';
import { RevisionExpired, Store, StoreConflict, type StoreEvent } from '../../../src/embedded/store/store.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';
import type { KubeObject } from '../../../src/kube/meta.ts';
import fc from '../../helpers/fast-check.ts';

const object = (name: string, value: string): KubeObject & { value: string } => ({ metadata: { name }, value });

type Operation = { id: string; value: string | undefined };

const operations = fc.array(
  fc.record({
    id: fc.constantFrom('a/x', 'a/y', 'a-b/x', 'b/x', 'b/y', 'b/z'),
    value: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
  }),
  { maxLength: 40 },
);

/** Puts or deletes; returns whether something was written. */
function run(store: Store, { id, value }: Operation): boolean {
  const exists = store.get('things', id) !== undefined;
  if (value === undefined) {
    if (exists) store.delete('things', id);
    return exists;
  }
  if (exists) store.update('things', id, object(id, value));
  else store.create('things', id, object(id, value));
  return true;
}

type Content = Map<string, string>;

const contentOf = (store: Store, revision?: number): Content =>
  new Map([...store.entries('things', { revision })].map(([id, o]) => [id, (o as unknown as { value: string }).value]));

function apply(content: Content, event: StoreEvent): void {
  if (event.type === 'delete') content.delete(event.id);
  else content.set(event.id, (event.object as unknown as { value: string }).value);
}

describe('Store', () => {
  it('shows every uncompacted revision as it was', () => {
    fc.assert(
      fc.property(operations, (list) => {
        const store = new Store({ clock: new ManualClock() });
        const states = new Map([[store.revision, contentOf(store)]]);
        for (const operation of list) {
          run(store, operation);
          states.set(store.revision, contentOf(store));
        }
        for (const [revision, content] of states) expect(contentOf(store, revision)).toEqual(content);
      }),
    );
  });

  it('delivers what turns the list of any revision into the current list', async () => {
    await fc.assert(
      fc.asyncProperty(operations, fc.nat(40), async (list, at) => {
        const store = new Store({ clock: new ManualClock() });
        let watched: Content | undefined;
        for (const [i, operation] of list.entries()) {
          run(store, operation);
          if (i !== at) continue;
          const content = contentOf(store);
          watched = content;
          store.watch('things', '', store.revision, (event) => apply(content, event));
        }
        await store.delivered();
        if (watched) expect(watched).toEqual(contentOf(store));
      }),
    );
  });

  it('keeps what later revisions need when it compacts', () => {
    fc.assert(
      fc.property(operations, fc.nat(), (list, seed) => {
        const store = new Store({ clock: new ManualClock() });
        const states = new Map([[store.revision, contentOf(store)]]);
        for (const operation of list) {
          run(store, operation);
          states.set(store.revision, contentOf(store));
        }
        const oldest = 1 + (seed % store.revision);
        store.compact(oldest);
        for (const [revision, content] of states) {
          if (revision < oldest) expect(() => contentOf(store, revision)).toThrow(RevisionExpired);
          else expect(contentOf(store, revision)).toEqual(content);
        }
      }),
    );
  });

  it('pages through a list so that each object comes once', () => {
    fc.assert(
      fc.property(operations, fc.integer({ min: 1, max: 4 }), (list, limit) => {
        const store = new Store({ clock: new ManualClock() });
        for (const operation of list) run(store, operation);
        const { revision } = store;
        const names: (string | undefined)[] = [];
        let start: string | undefined;
        do {
          const page = store.list('things', { revision, start, limit });
          names.push(...page.items.map((o) => o.metadata.name));
          start = page.next;
          // Writes in between do not show at the revision of the first page.
          run(store, { id: 'a/new', value: 'later' });
        } while (start !== undefined);
        expect(names).toEqual([...contentOf(store, revision).keys()]);
      }),
    );
  });

  it('delivers after the writing turn, in order, and stops when told', async () => {
    const store = new Store({ clock: new ManualClock() });
    const seen: string[] = [];
    const stop = store.watch('things', 'a/', store.revision, (event) => {
      seen.push(`${event.type} ${event.id}`);
      if (seen.length === 3) stop();
    });
    store.create('things', 'a/x', object('x', '1'));
    store.create('things', 'b/x', object('x', '1'));
    store.update('things', 'a/x', object('x', '2'));
    store.delete('things', 'a/x');
    store.create('things', 'a/x', object('x', '3'));
    expect(seen).toEqual([]);
    await store.delivered();
    expect(seen).toEqual(['put a/x', 'put a/x', 'delete a/x']);
  });

  it('tells what differs when another content takes the place of all', async () => {
    const store = new Store({ clock: new ManualClock() });
    for (const name of ['same', 'changed', 'gone']) store.create('things', name, object(name, '1'));
    const backup = { revision: store.revision, objects: [...store.all()].filter(({ id }) => id !== 'gone') };
    store.update('things', 'changed', object('changed', '2'));
    store.create('things', 'new', object('new', '1'));
    const told: string[] = [];
    const tell = ({ type, id, previous }: StoreEvent) =>
      told.push(`${type} ${id}${previous && type === 'put' ? ' before' : ''}`);
    store.watch('things', '', store.revision, tell);
    const seen: string[] = [];
    store.observe('things', ({ type, id }) => seen.push(`${type} ${id}`));
    store.replace(backup);
    expect(store.revision).toBe(backup.revision);
    expect(contentOf(store)).toEqual(new Map(Object.entries({ same: '1', changed: '1' })));
    expect(seen.sort()).toEqual(['delete gone', 'delete new', 'put changed']);
    store.create('things', 'later', object('later', '1'));
    await store.delivered();
    expect(told.sort()).toEqual(['delete gone', 'delete new', 'put changed before', 'put later']);
  });

  it('refuses writes that expect another state', () => {
    const store = new Store({ clock: new ManualClock() });
    const first = store.create('things', 'x', object('x', '1'));
    expect(first.metadata.resourceVersion).toBe('2');
    expect(() => store.create('things', 'x', object('x', '1'))).toThrow(StoreConflict);
    const second = store.update('things', 'x', object('x', '2'), '2');
    expect(() => store.update('things', 'x', object('x', '3'), '2')).toThrow(StoreConflict);
    expect(() => store.delete('things', 'y')).toThrow(StoreConflict);
    expect(store.delete('things', 'x', second.metadata.resourceVersion).metadata.resourceVersion).toBe('4');
  });

  it('forgets after the history window and tells watchers that they are late', async () => {
    const clock = new ManualClock();
    const store = new Store({ clock, historyMs: 60_000 });
    store.create('things', 'x', object('x', '1'));
    const early = store.revision;
    for (let minute = 0; minute < 4; minute++) {
      await clock.advance(30_000);
      store.update('things', 'x', object('x', String(minute)));
      await store.delivered();
    }
    expect(() => store.watch('things', '', early - 1, () => {})).toThrow(/too old resource version: 1 \(\d+\)/);
    expect(() => store.list('things', { revision: early - 1 })).toThrow(RevisionExpired);
    expect(contentOf(store)).toEqual(new Map([['x', '3']]));
  });

  it('bounds the number of old revisions', async () => {
    const store = new Store({ clock: new ManualClock(), historyRevisions: 100 });
    store.create('things', 'x', object('x', '0'));
    for (let i = 0; i < 500; i++) store.update('things', 'x', object('x', String(i)));
    await store.delivered();
    expect(store.revision - store.compacted).toBeLessThanOrEqual(110);
  });
});

describe('space', () => {
  const text = (length: number) => 'x'.repeat(length);

  it('refuses what makes a full store larger, in the words of etcd, and takes the rest', () => {
    const store = new Store({ clock: new ManualClock(), space: { quotaBytes: 10_000, historyBytes: 1_000_000 } });
    store.create('things', 'a', object('a', text(4000)));
    store.create('things', 'b', object('b', text(4000)));
    expect(() => store.create('things', 'c', object('c', text(4000)))).toThrow(
      'etcdserver: mvcc: database space exceeded',
    );
    expect(() => store.update('things', 'a', object('a', text(7000)))).toThrow(SpaceExceeded);
    expect(store.get('things', 'c')).toBeUndefined();
    store.update('things', 'a', object('a', text(3000)));
    store.delete('things', 'b');
    store.create('things', 'c', object('c', text(4000)));
    expect([...store.entries('things')].map(([id]) => id)).toEqual(['a', 'c']);
  });

  it('forgets the older half of a history that is too large, and none of what there is', async () => {
    const store = new Store({ clock: new ManualClock(), space: { quotaBytes: 1_000_000, historyBytes: 10_000 } });
    store.create('things', 'kept', object('kept', text(100)));
    store.create('things', 'a', object('a', ''));
    for (let i = 0; i < 30; i++) {
      store.update('things', 'a', object('a', text(1000)));
      await store.delivered();
    }
    expect(store.revision - store.compacted).toBeLessThan(11);
    expect(store.revision - store.compacted).toBeGreaterThan(3);
    expect(store.get('things', 'kept')).toBeDefined();
  });
});

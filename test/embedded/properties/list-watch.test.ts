/** A list and the watch after it show, together, what a list shows at any later revision. */

import { describe, expect, it } from 'vitest';
import { isApiError } from '../../../src/embedded/errors/status.ts';
import type { ListRequest, WatchEvent } from '../../../src/embedded/registry/types.ts';
import type { ConfigMap } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { configMaps, namespaces } from '../../../src/kube/resources.ts';
import fc from '../../helpers/fast-check.ts';
import { apiServer, names } from '../registry/harness.ts';

type Api = Awaited<ReturnType<typeof apiServer>>;

const space = fc.constantFrom('ns', 'other');
const name = fc.constantFrom('a', 'a-b', 'b', 'c', 'c.d');
const tier = fc.constantFrom('web', 'db');

type Write =
  | { verb: 'create' | 'update'; namespace: string; name: string; tier: string; data: string }
  | { verb: 'delete'; namespace: string; name: string };

const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({
    verb: fc.constantFrom('create' as const, 'update' as const),
    namespace: space,
    name,
    tier,
    data: fc.constantFrom('x', 'y'),
  }),
  fc.record({ verb: fc.constant('delete' as const), namespace: space, name }),
);

/** Several writers with their own plans, and the order in which they come to write. */
const plan = fc.tuple(fc.array(fc.array(write, { maxLength: 12 }), { minLength: 1, maxLength: 4 }), fc.scheduler());

const selection: fc.Arbitrary<ListRequest> = fc.record(
  {
    namespace: space,
    labelSelector: fc.constantFrom('tier=web', 'tier!=web', 'tier in (web,db)'),
    fieldSelector: fc.constantFrom('metadata.name=a', 'metadata.name!=c'),
  },
  { requiredKeys: [] },
);

async function perform({ client }: Api, one: Write): Promise<void> {
  try {
    if (one.verb === 'delete') return await client.delete(configMaps, one.namespace, one.name);
    const metadata = { name: one.name, namespace: one.namespace, labels: { tier: one.tier } };
    await client[one.verb](configMaps, { metadata, data: { k: one.data } });
  } catch (error) {
    // It exists already, or does not: writers know nothing of each other.
    if (!isApiError(error) || ![404, 409].includes(error.status.code ?? 0)) throw error;
  }
}

/** A client that follows a watch from a list, with what it knew after every revision. */
class Follower {
  readonly request: ListRequest;
  readonly seen: { revision: number; objects: Map<string, Stored> }[] = [];
  readonly #objects: Map<string, Stored>;
  readonly #stop = new AbortController();

  constructor({ registry, definition }: Api, request: ListRequest) {
    this.request = request;
    const d = definition(configMaps);
    const { items, resourceVersion } = registry.list(d, request);
    this.#objects = new Map(items.map((item) => [idOf(item), item]));
    this.#note(Number(resourceVersion));
    registry.watch(d, { ...request, resourceVersion }, (event) => this.#take(event), this.#stop.signal);
  }

  stop(): void {
    this.#stop.abort();
  }

  #take(event: WatchEvent): void {
    if (event.type === 'ERROR' || event.type === 'BOOKMARK') throw new Error(`unexpected ${event.type}`);
    const id = idOf(event.object);
    expect(event.type).toBe(this.#objects.has(id) ? (event.type === 'DELETED' ? 'DELETED' : 'MODIFIED') : 'ADDED');
    if (event.type === 'DELETED') this.#objects.delete(id);
    else this.#objects.set(id, event.object);
    this.#note(Number(event.object.metadata.resourceVersion));
  }

  #note(revision: number): void {
    const last = this.seen.at(-1);
    if (last) expect(revision).toBeGreaterThan(last.revision);
    this.seen.push({ revision, objects: new Map(this.#objects) });
  }
}

const idOf = ({ metadata }: Stored) => `${metadata.namespace}/${metadata.name}`;
const byId = (items: readonly Stored[]) => new Map(items.map((item) => [idOf(item), item]));

async function cluster(): Promise<Api> {
  const api = await apiServer();
  await api.client.create(namespaces, { metadata: { name: 'other' } });
  return api;
}

describe('list and watch', () => {
  it('agree at every revision, whoever writes meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        plan,
        fc.array(selection, { minLength: 1, maxLength: 3 }),
        async ([writers, order], requests) => {
          const api = await cluster();
          const begin = api.store.revision;
          const followers: Follower[] = [];
          const start = () => followers.push(...requests.map((request) => new Follower(api, request)));
          start();
          const turns = writers.map((writes) =>
            writes.reduce(
              (before, one) =>
                before
                  .then(() => order.schedule(Promise.resolve(), `${one.verb} ${one.name}`))
                  .then(() => perform(api, one)),
              Promise.resolve(),
            ),
          );
          await order.waitFor(Promise.all(turns));
          // Others come later, with what there is then.
          start();
          await api.store.delivered();
          const d = api.definition(configMaps);
          for (const follower of followers) {
            follower.stop();
            const { request, seen } = follower;
            let at = 0;
            const first = seen[0]?.revision ?? begin;
            for (let revision = first; revision <= api.store.revision; revision++) {
              while ((seen[at + 1]?.revision ?? Number.POSITIVE_INFINITY) <= revision) at++;
              const { items } = api.registry.list(d, {
                ...request,
                resourceVersion: String(revision),
                resourceVersionMatch: 'Exact',
              });
              expect(seen[at]?.objects).toEqual(byId(items));
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('pages give each object once, as of the first page, whoever writes meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { maxLength: 30 }),
        fc.array(write, { maxLength: 30 }),
        selection,
        fc.integer({ min: 1, max: 4 }),
        async (before, meanwhile, request, limit) => {
          const api = await cluster();
          for (const one of before) await perform(api, one);
          const d = api.definition(configMaps);
          const all = api.registry.list(d, request);
          const pages: Stored[] = [];
          let token: string | undefined;
          do {
            const page = api.registry.list(d, { ...request, limit, continue: token });
            expect(page.resourceVersion).toBe(all.resourceVersion);
            expect(page.items.length).toBeLessThanOrEqual(limit);
            pages.push(...page.items);
            token = page.continue;
            for (const one of meanwhile.splice(0, 3)) await perform(api, one);
          } while (token);
          expect(pages).toEqual(all.items);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('writers of one object', () => {
  const counter = async ({ client }: Api) => Number((await client.get(configMaps, 'ns', 'n')).data?.n);

  /** Adds one with the version that was read, again and again until nobody came between. */
  async function addOne({ client }: Api, order: fc.Scheduler, change: 'update' | 'merge'): Promise<void> {
    for (;;) {
      const read = (await order.schedule(client.get(configMaps, 'ns', 'n'))) as Stored<ConfigMap>;
      const data = { n: String(Number(read.data?.n) + 1) };
      const { resourceVersion } = read.metadata;
      try {
        if (change === 'update') await order.schedule(client.update(configMaps, { ...read, data }));
        else
          await order.schedule(client.patch(configMaps, 'ns', 'n', 'merge', { metadata: { resourceVersion }, data }));
        return;
      } catch (error) {
        if (!isApiError(error) || error.status.reason !== 'Conflict') throw error;
      }
    }
  }

  it.each(['update', 'merge'] as const)('lose no %s', async (change) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 6 }), async (order, count) => {
        const api = await apiServer();
        await api.client.create(configMaps, { metadata: { name: 'n', namespace: 'ns' }, data: { n: '0' } });
        await order.waitFor(Promise.all(Array.from({ length: count }, () => addOne(api, order, change))));
        expect(await counter(api)).toBe(count);
      }),
      { numRuns: 60 },
    );
  });

  it('create a name once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 6 }), async (order, count) => {
        const { client } = await apiServer();
        const create = async (n: number) => {
          await order.schedule(Promise.resolve());
          const created = client.create(configMaps, {
            metadata: { name: 'one', namespace: 'ns' },
            data: { n: String(n) },
          });
          return created.then(() => n).catch(() => undefined);
        };
        const all = await order.waitFor(Promise.all(Array.from({ length: count }, (_, n) => create(n))));
        const winners = all.filter((n) => n !== undefined);
        expect(winners).toHaveLength(1);
        const { items } = await client.list(configMaps, 'ns');
        expect(names(items).filter((found) => found === 'one')).toHaveLength(1);
        expect(items.find(({ metadata }) => metadata.name === 'one')?.data).toEqual({ n: String(winners[0]) });
      }),
      { numRuns: 60 },
    );
  });
});

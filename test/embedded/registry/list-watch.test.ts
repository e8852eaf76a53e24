import { describe, expect, it } from 'vitest';
import type { Stored } from '../../../src/kube/meta.ts';
import { configMaps, pods } from '../../../src/kube/resources.ts';
import { refusal } from '../../helpers/control-plane.ts';
import fc from '../../helpers/fast-check.ts';
import { apiServer, configMap, names, pod, shown } from './harness.ts';

describe('list', () => {
  it('gives each object once over pages, as of the first page, with exact remaining counts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 5 }), async (count, limit) => {
        const { client, registry, definition } = await apiServer();
        for (let i = 0; i < count; i++) await client.create(configMaps, configMap(`c${String(i).padStart(2, '0')}`));
        const d = definition(configMaps);
        const all = names(registry.list(d, { namespace: 'ns' }).items);
        const seen: string[] = [];
        let token: string | undefined;
        do {
          const page = registry.list(d, { namespace: 'ns', limit, continue: token });
          seen.push(...names(page.items));
          expect(page.remainingItemCount ?? 0).toBe(count - seen.length);
          token = page.continue;
          await client.create(configMaps, configMap(`late-${seen.length}`));
          if (seen[0]) await client.delete(configMaps, 'ns', seen[0]).catch(() => {});
        } while (token);
        expect(seen).toEqual(all);
      }),
      { numRuns: 25 },
    );
  });

  it('orders namespaces and names as etcd orders keys, and counts nothing under a selector', async () => {
    const { client, registry, definition } = await apiServer();
    for (const name of ['b', 'a-b', 'a']) await client.create(configMaps, configMap(name, { labels: { x: 'y' } }));
    const d = definition(configMaps);
    expect(names(registry.list(d, { namespace: 'ns' }).items)).toEqual(['a', 'a-b', 'b']);
    const page = registry.list(d, { namespace: 'ns', labelSelector: 'x=y', limit: 1 });
    expect(page.continue).toBeDefined();
    expect(page.remainingItemCount).toBeUndefined();
  });

  it('selects by labels and fields, and refuses fields that the kind does not have', async () => {
    const { client, registry, definition } = await apiServer();
    await client.create(pods, pod('free'));
    await client.create(pods, pod('bound', { nodeName: 'n1' }));
    const select = (fieldSelector: string) => names(registry.list(definition(pods), { fieldSelector }).items);
    expect(select('spec.nodeName=n1')).toEqual(['bound']);
    expect(select('spec.nodeName!=n1,metadata.namespace=ns')).toEqual(['free']);
    expect(await refusal(() => select('spec.image=x'))).toMatchObject({
      code: 400,
      message: 'field label not supported: spec.image',
    });
    expect(await refusal(() => registry.list(definition(configMaps), { fieldSelector: 'data.k=v' }))).toMatchObject({
      message: '"data.k" is not a known field selector: only "metadata.name", "metadata.namespace"',
    });
  });

  it('shows old revisions exactly until they are compacted', async () => {
    const { client, registry, definition, store } = await apiServer();
    const first = await client.create(configMaps, configMap('a'));
    await client.create(configMaps, configMap('b'));
    await client.delete(configMaps, 'ns', 'a');
    const { resourceVersion } = first.metadata;
    const d = definition(configMaps);
    const at = () => registry.list(d, { namespace: 'ns', resourceVersion, resourceVersionMatch: 'Exact' });
    expect(names(at().items)).toEqual(['a']);
    expect(at().resourceVersion).toBe(resourceVersion);
    store.compact();
    expect(await refusal(at)).toMatchObject({ code: 410, reason: 'Expired' });
    expect(names(registry.list(d, { namespace: 'ns', resourceVersion }).items)).toEqual(['b']);
    expect(await refusal(() => registry.list(d, { resourceVersion: '99999' }))).toMatchObject({ code: 504 });
  });

  it('offers a token that goes on inconsistently when the first one is too old', async () => {
    const { client, registry, definition, store } = await apiServer();
    for (const name of ['a', 'b', 'c']) await client.create(configMaps, configMap(name));
    const d = definition(configMaps);
    const { continue: token } = registry.list(d, { namespace: 'ns', limit: 1 });
    await client.create(configMaps, configMap('b2'));
    store.compact();
    const gone = (await refusal(() => registry.list(d, { namespace: 'ns', limit: 1, continue: token }))) as {
      code: number;
      metadata: { continue: string };
    };
    expect(gone.code).toBe(410);
    const rest = registry.list(d, { namespace: 'ns', continue: gone.metadata.continue });
    expect(names(rest.items)).toEqual(['b', 'b2', 'c']);
  });
});

describe('watch', () => {
  it('list and watch together equal the list at any later moment', async () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      labels: fc.constantFrom<Record<string, string>>({}, { s: 'in' }, { s: 'out' }),
      remove: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), fc.nat(15), async (steps, from) => {
        const { client, registry, definition, store, watch } = await apiServer();
        const d = definition(configMaps);
        const request = { namespace: 'ns', labelSelector: 's=in' };
        let known: Map<string, Stored> | undefined;
        let watched: ReturnType<typeof watch> | undefined;
        for (const [i, { name, labels, remove }] of steps.entries()) {
          if (i === from) {
            const list = registry.list(d, request);
            known = new Map(list.items.map((item) => [item.metadata.name, item]));
            watched = watch(configMaps, { ...request, resourceVersion: list.resourceVersion });
          }
          const exists = await client.get(configMaps, 'ns', name).catch(() => undefined);
          if (!exists) await client.create(configMaps, configMap(name, { labels }));
          else if (remove) await client.delete(configMaps, 'ns', name);
          else await client.update(configMaps, { ...exists, metadata: { ...exists.metadata, labels } });
        }
        await store.delivered();
        for (const event of watched?.events ?? []) {
          if (event.type === 'ADDED') expect(known?.has(event.object.metadata.name)).toBe(false);
          if (event.type === 'ADDED' || event.type === 'MODIFIED') known?.set(event.object.metadata.name, event.object);
          if (event.type === 'DELETED') expect(known?.delete(event.object.metadata.name)).toBe(true);
        }
        watched?.stop();
        if (known) expect([...known.values()].sort(byName)).toEqual(registry.list(d, request).items);
      }),
      { numRuns: 60 },
    );
  });

  it('begins with what exists, ends that with a bookmark, and goes on with bookmarks every minute', async () => {
    const { client, clock, store, watch } = await apiServer();
    await client.create(configMaps, configMap('a'));
    const { events, stop } = watch(configMaps, {
      namespace: 'ns',
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: true,
    });
    expect(events.map(shown)).toEqual(['ADDED a', 'BOOKMARK end']);
    await client.create(configMaps, configMap('b'));
    await store.delivered();
    await clock.advance(60_000);
    expect(events.map(shown).slice(2)).toEqual(['ADDED b', 'BOOKMARK']);
    stop();
    await clock.advance(60_000);
    expect(events).toHaveLength(4);
  });

  it('tells a late watcher that it is late, by an event', async () => {
    const { client, store, watch } = await apiServer();
    await client.create(configMaps, configMap('a'));
    store.compact();
    const { events } = watch(configMaps, { namespace: 'ns', resourceVersion: '2' });
    expect(events.map(shown)).toEqual(['ERROR 410']);
  });
});

const byName = (a: Stored, b: Stored) => (a.metadata.name < b.metadata.name ? -1 : 1);

import { describe, expect, it, vi } from 'vitest';
import type { ComponentContext } from '../../../src/embedded/api.ts';
import { CorrelatingRecorder } from '../../../src/embedded/client/events.ts';
import { StoreInformers } from '../../../src/embedded/client/informers.ts';
import { Passing, Recent } from '../../../src/embedded/client/recent.ts';
import { eventExpiry } from '../../../src/embedded/cluster/event-expiry.ts';
import { configMaps, events, nodes, pods } from '../../../src/kube/resources.ts';
import { apiServer, configMap, pod } from './harness.ts';

describe('informers', () => {
  async function informed() {
    const api = await apiServer();
    const abort = new AbortController();
    return { ...api, abort, informers: new StoreInformers(api.store, api.registry, abort.signal) };
  }

  it('tell what exists first, then changes after the write that made them', async () => {
    const { client, store, informers } = await informed();
    await client.create(configMaps, configMap('a'));
    const told: string[] = [];
    const stop = informers.of(configMaps).on({
      add: (o) => void told.push(`add ${o.metadata.name}`),
      update: (o, old) => void told.push(`update ${o.metadata.name} ${old.data?.k ?? '-'} ${o.data?.k}`),
      delete: (o) => void told.push(`delete ${o.metadata.name}`),
    });
    expect(told).toEqual(['add a']);
    await client.patch(configMaps, 'ns', 'a', 'merge', { data: { k: 'v' } });
    expect(informers.of(configMaps).get('ns', 'a')?.data).toEqual({ k: 'v' });
    await client.delete(configMaps, 'ns', 'a');
    await store.delivered();
    stop();
    await client.create(configMaps, configMap('b'));
    await store.delivered();
    expect(told).toEqual(['add a', 'update a - v', 'delete a']);
  });

  it('find objects by namespace and by controller, never behind the store', async () => {
    const { client, informers } = await informed();
    const uid = '11111111-2222-3333-4444-555555555555';
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid, controller: true };
    const cache = informers.of(pods);
    expect(cache.byOwner(uid)).toEqual([]);
    const owned = pod('owned');
    await client.create(pods, { ...owned, metadata: { ...owned.metadata, ownerReferences: [owner] } });
    await client.create(pods, pod('free'));
    expect(cache.byOwner(uid).map((p) => p.metadata.name)).toEqual(['owned']);
    expect(cache.list('ns').map((p) => p.metadata.name)).toEqual(['free', 'owned']);
    await client.patch(pods, 'ns', 'owned', 'merge', { metadata: { ownerReferences: null } });
    expect(cache.byOwner(uid)).toEqual([]);
  });

  it('end with their signal', async () => {
    const { client, store, informers, abort } = await informed();
    const told: string[] = [];
    informers.of(configMaps).on({ add: (o) => void told.push(o.metadata.name) });
    abort.abort();
    await client.create(configMaps, configMap('late'));
    await store.delivered();
    expect(told).toEqual([]);
  });
});

describe('what a recorder keeps in mind', () => {
  it('are the newest 4096', () => {
    const recent = new Recent<number>();
    for (let n = 0; n < 4096; n++) recent.set(`k${n}`, n);
    recent.set('k0', 0).set('one more', 0);
    expect(recent.size).toBe(4096);
    expect([recent.has('k0'), recent.has('k1')]).toEqual([true, false]);
  });

  it('is forgotten when it means nothing any more', () => {
    const passing = new Passing<{ at: number }>(60_000);
    for (let minute = 0; minute < 100; minute++) passing.set(`pod-${minute}`, { at: minute * 60_000 });
    expect([...passing.keys()]).toEqual(['pod-98', 'pod-99']);
    // What is still told of does not hide what is not.
    const lasting = { at: 0 };
    for (let minute = 0; minute < 100; minute++) {
      lasting.at = minute * 60_000;
      passing.set('lasting', lasting).set(`pod-${minute}`, { at: minute * 60_000 });
    }
    expect(passing.size).toBeLessThan(5);
  });
});

describe('event recorder', () => {
  async function recording(component = 'replicaset-controller', host?: string) {
    const api = await apiServer();
    const recorder = new CorrelatingRecorder(api.client, api.clock, component, host);
    const involved = await api.client.create(pods, pod('p'));
    const list = async (namespace = 'ns') => {
      await new Promise((resolve) => setImmediate(resolve));
      return (await api.client.list(events, namespace)).items;
    };
    const components = { clock: api.clock, signal: new AbortController().signal } as unknown as ComponentContext;
    return { ...api, recorder, involved, list, components };
  }

  it('writes an event as its component, and counts equal ones', async () => {
    const { recorder, involved, list, clock } = await recording('kubelet', 'node-1');
    recorder.event(involved, 'Normal', 'Pulled', 'there it is');
    await clock.advance(3000);
    recorder.event({ ...involved, fieldPath: 'spec.containers{c}' }, 'Normal', 'Pulled', 'there it is');
    recorder.event(involved, 'Normal', 'Pulled', 'there it is');
    const [first, second, ...more] = await list();
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      type: 'Normal',
      reason: 'Pulled',
      message: 'there it is',
      count: 2,
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:03Z',
      source: { component: 'kubelet', host: 'node-1' },
      reportingComponent: 'kubelet',
      reportingInstance: 'node-1',
      involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'p', namespace: 'ns', uid: involved.metadata.uid },
    });
    expect(first?.metadata.name).toMatch(/^p\.[0-9a-f]{16}$/);
    expect(second?.involvedObject.fieldPath).toBe('spec.containers{c}');
  });

  it('combines many similar events and drops a flood', async () => {
    const { recorder, involved, list } = await recording();
    for (let i = 0; i < 40; i++) recorder.event(involved, 'Warning', 'FailedCreate', `attempt ${i}`);
    const combined = async () => (await list()).find((e) => e.message?.startsWith('(combined from similar events): '));
    // 25 of the 40 pass; 9 of them stand alone. They are written one after the other.
    await vi.waitUntil(async () => (await combined())?.count === 16);
    expect((await combined())?.message).toBe('(combined from similar events): attempt 24');
    expect(await list()).toHaveLength(10);
  });

  it('puts events of objects without a namespace into default', async () => {
    const { client, recorder, list, store } = await recording();
    await client.create({ ...nodes }, { metadata: { name: 'n1' } });
    await client.create(
      { group: '', version: 'v1', resource: 'namespaces', kind: 'Namespace', namespaced: false },
      { metadata: { name: 'default' } },
    );
    recorder.event(await client.get(nodes, undefined, 'n1'), 'Normal', 'RegisteredNode', 'hello');
    await store.delivered();
    expect((await list('default')).map((e) => e.reason)).toEqual(['RegisteredNode']);
  });

  it('speaks events.k8s.io for what has an action: series instead of counts', async () => {
    const { recorder, involved, list, clock } = await recording('default-scheduler', 'cp');
    for (let i = 0; i < 3; i++) {
      recorder.event(involved, 'Warning', 'FailedScheduling', 'no nodes', { action: 'Scheduling' });
      await clock.advance(1000);
    }
    const [event, ...more] = await list();
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      action: 'Scheduling',
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingComponent: 'default-scheduler',
      reportingInstance: 'default-scheduler-cp',
      series: { count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z' },
    });
    expect(event?.count).toBeUndefined();
  });

  it('begins anew where its event was deleted', async () => {
    const { client, recorder, involved, list } = await recording();
    recorder.event(involved, 'Normal', 'Sync', 'x');
    const [first] = await list();
    await client.delete(events, 'ns', first?.metadata.name ?? '');
    recorder.event(involved, 'Normal', 'Sync', 'x');
    expect((await list()).map((e) => e.count)).toEqual([2]);
  });

  it('lets events go an hour after they were last seen', async () => {
    const { recorder, involved, list, clock, store, components } = await recording();
    void eventExpiry(store).start(components);
    recorder.event(involved, 'Normal', 'Old', 'x');
    recorder.event(involved, 'Normal', 'Again', 'x');
    await clock.advance(1_800_000);
    recorder.event(involved, 'Normal', 'Again', 'x');
    await clock.advance(1_860_000);
    expect((await list()).map((e) => e.reason)).toEqual(['Again']);
    await clock.advance(1_800_000);
    expect(await list()).toEqual([]);
  });
});

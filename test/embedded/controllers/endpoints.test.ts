import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { garbageCollector } from '../../../src/embedded/controllers/lifecycle/garbage-collector.ts';
import { endpointSliceController } from '../../../src/embedded/controllers/services/endpoint-slice.ts';
import { endpointSliceMirroring } from '../../../src/embedded/controllers/services/endpoint-slice-mirroring.ts';
import { packSubsets } from '../../../src/embedded/controllers/services/endpoint-subsets.ts';
import { endpointsController } from '../../../src/embedded/controllers/services/endpoints.ts';
import { planSlices } from '../../../src/embedded/controllers/services/slice-plan.ts';
import type { Container, Endpoint, EndpointSlice, ServiceSpec } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { endpointSlices, endpoints, nodes, pods, services } from '../../../src/kube/resources.ts';
import { type Plane, startPlane } from './plane.ts';

describe('the order of ports in Endpoints', () => {
  it('is the one of kube-dns in a real cluster', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      { name: 'metrics', port: 9153, protocol: 'TCP' },
    ];
    const [subset] = packSubsets(ports.map((port) => ({ address: { ip: '10.244.0.2' }, port, ready: true })));
    expect(subset?.ports?.map(({ name }) => name)).toEqual(['metrics', 'dns-tcp', 'dns']);
  });

  it('makes a subset for each set of addresses', () => {
    const http = { name: 'http', port: 80, protocol: 'TCP' };
    const subsets = packSubsets([
      { address: { ip: '10.244.0.2' }, port: http, ready: true },
      { address: { ip: '10.244.0.3' }, port: { ...http, port: 8080 }, ready: false },
    ]);
    expect(subsets).toEqual([
      { addresses: [{ ip: '10.244.0.2' }], ports: [http] },
      { notReadyAddresses: [{ ip: '10.244.0.3' }], ports: [{ ...http, port: 8080 }] },
    ]);
  });
});

describe('spreading endpoints over slices', () => {
  const endpoint = (n: number): Endpoint => ({ addresses: [`10.244.${Math.floor(n / 200)}.${n % 200}`] });
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => endpoint(from + i));
  const ports = [{ name: '', port: 80, protocol: 'TCP' }];
  const frame = { metadata: { labels: {} }, placeholder: true };
  const plan = (existing: Stored<EndpointSlice>[], wanted: Endpoint[]) =>
    planSlices(frame, 'IPv4', existing, wanted.length > 0 ? [{ addressType: 'IPv4', ports, endpoints: wanted }] : []);
  const slice = (name: string, of: Endpoint[]) =>
    ({ metadata: { name, uid: name }, addressType: 'IPv4', endpoints: of, ports }) as unknown as Stored<EndpointSlice>;

  it('fills slices of 100', () => {
    const { create } = plan([], range(0, 250));
    expect(create.map((made) => made.endpoints.length)).toEqual([100, 100, 50]);
  });

  it('writes one slice for one new endpoint', () => {
    const existing = [slice('a', range(0, 100)), slice('b', range(100, 130))];
    const { create, update, remove } = plan(existing, range(0, 131));
    expect([create, remove]).toEqual([[], []]);
    expect(update.map(({ metadata, endpoints: now }) => [metadata.name, now.length])).toEqual([['b', 31]]);
  });

  it('reuses the last slice as the empty placeholder, and leaves that alone', () => {
    const { update } = plan([slice('a', range(0, 3))], []);
    expect(update).toMatchObject([{ metadata: { name: 'a' } }]);
    expect(update[0]?.endpoints).toBeUndefined();
    const empty = { ...slice('a', []), ports: [] };
    expect(plan([empty], [])).toEqual({ create: [], update: [], remove: [] });
  });
});

describe('the endpoints of a Service', () => {
  let plane: Plane;
  beforeEach(async () => {
    plane = await startPlane(endpointSliceController, endpointSliceMirroring, endpointsController, garbageCollector);
    const labels = { 'topology.kubernetes.io/zone': 'a' };
    await plane.client.create(nodes, { metadata: { name: 'n', labels } });
  });
  afterEach(() => plane.stop());

  const metadata = { name: 's', namespace: 'default' };
  const service = async (spec: ServiceSpec) => {
    await plane.client.create(services, { metadata, spec });
    await plane.settle();
  };
  const pod = async (name: string, ip: string, ready = true, container: Partial<Container> = {}) => {
    const made = await plane.client.create(pods, {
      metadata: { name, namespace: 'default', labels: { app: 'a' } },
      spec: { nodeName: 'n', hostname: name, subdomain: 's', containers: [{ name: 'c', image: 'x', ...container }] },
    });
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
    await plane.report(made, { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions });
  };
  const slices = () => plane.informers.of(endpointSlices).list('default');
  const selector = { app: 'a' };

  it('lead to the named port of each Pod, with the hostname that a headless Service needs', async () => {
    await service({ clusterIP: 'None', selector, ports: [{ name: 'web', port: 80, targetPort: 'http' }] });
    await pod('p', '10.244.0.2', true, { ports: [{ name: 'http', containerPort: 8080 }] });
    expect(slices()).toMatchObject([
      {
        ports: [{ name: 'web', port: 8080 }],
        endpoints: [{ addresses: ['10.244.0.2'], hostname: 'p', nodeName: 'n', zone: 'a' }],
        metadata: { labels: { 'service.kubernetes.io/headless': '' } },
      },
    ]);
    expect(plane.informers.of(endpoints).get('default', 's')?.subsets).toMatchObject([
      { addresses: [{ ip: '10.244.0.2', hostname: 'p' }], ports: [{ name: 'web', port: 8080 }] },
    ]);
  });

  it('follow labels, readiness and ends of Pods', async () => {
    await service({ selector, ports: [{ port: 80 }] });
    await pod('p', '10.244.0.2', false);
    const ready = () => slices()[0]?.endpoints?.map(({ conditions }) => conditions?.ready);
    expect(ready()).toEqual([false]);
    const p = () => plane.informers.of(pods).get('default', 'p') as NonNullable<ReturnType<typeof slices>[number]>;
    await plane.report(p() as never, { conditions: [{ type: 'Ready', status: 'True' }] });
    expect(ready()).toEqual([true]);
    await plane.client.patch(pods, 'default', 'p', 'merge', { metadata: { labels: { app: 'b' } } });
    await plane.settle();
    expect(ready()).toBeUndefined();
    await plane.client.patch(pods, 'default', 'p', 'merge', { metadata: { labels: { app: 'a' } } });
    await plane.settle();
    expect(ready()).toEqual([true]);
    await plane.report(p() as never, { phase: 'Succeeded' });
    expect(ready()).toBeUndefined();
  });

  it('come back if somebody deletes or changes the slice', async () => {
    await service({ selector, ports: [{ port: 80 }] });
    await pod('p', '10.244.0.2');
    const name = slices()[0]?.metadata.name ?? '';
    await plane.client.patch(endpointSlices, 'default', name, 'merge', { endpoints: [] });
    await plane.settle();
    expect(slices()[0]?.endpoints).toHaveLength(1);
    await plane.client.delete(endpointSlices, 'default', name);
    await plane.settle();
    expect(slices()[0]?.endpoints).toHaveLength(1);
  });

  it('go with the Service', async () => {
    await service({ selector, ports: [{ port: 80 }] });
    await plane.client.delete(services, 'default', 's');
    await plane.settle();
    expect(slices()).toEqual([]);
    expect(plane.informers.of(endpoints).list('default')).toEqual([]);
  });

  it('are copied from Endpoints that somebody keeps by hand', async () => {
    await service({ ports: [{ port: 80 }] });
    const subsets = [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ port: 8080 }] }];
    await plane.client.create(endpoints, { metadata, subsets });
    await plane.settle();
    expect(slices()).toMatchObject([{ endpoints: [{ addresses: ['10.1.2.3'] }], ports: [{ port: 8080 }] }]);
    const patch = { metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } } };
    await plane.client.patch(endpoints, 'default', 's', 'merge', patch);
    await plane.settle();
    expect(slices()).toEqual([]);
  });

  it('give hints to those nearby with trafficDistribution', async () => {
    await service({ selector, ports: [{ port: 80 }], trafficDistribution: 'PreferClose' });
    await pod('p', '10.244.0.2');
    expect(slices()[0]?.endpoints?.[0]?.hints).toEqual({ forZones: [{ name: 'a' }] });
  });
});

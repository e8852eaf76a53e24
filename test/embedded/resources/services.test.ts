import { describe, expect, it } from 'vitest';
import type { Service, ServiceSpec } from '../../../src/kube/api.gen.ts';
import { services } from '../../../src/kube/resources.ts';
import { api, causes } from './api.ts';

const serviceOf = (spec: ServiceSpec = {}, name = 'svc'): Service => ({
  metadata: { name, namespace: 'lab' },
  spec: { selector: { app: 'a' }, ports: [{ port: 80 }], ...spec },
});

describe('allocation for Services', () => {
  it('gives every Service an address of its own from 10.96.0.0/12, above the band for chosen ones', async () => {
    const { client } = await api();
    const taken = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const { spec } = await client.create(services, serviceOf({}, `s${i}`));
      const ip = spec?.clusterIP ?? '';
      const [a, b, c, d] = ip.split('.').map(Number);
      expect([a, (b ?? 0) & 0xf0]).toEqual([10, 96]);
      expect((((b ?? 0) - 96) << 16) + ((c ?? 0) << 8) + (d ?? 0)).toBeGreaterThanOrEqual(256);
      taken.add(ip);
    }
    expect(taken.size).toBe(50);
  });

  it('takes an address and a node port that are free, and says why it does not take others', async () => {
    const { client } = await api();
    const wanted = { type: 'NodePort', clusterIP: '10.96.50.50', ports: [{ port: 80, nodePort: 30777 }] };
    const { spec } = await client.create(services, serviceOf(wanted));
    expect(spec).toMatchObject({ clusterIPs: ['10.96.50.50'], ports: [{ nodePort: 30777, targetPort: 80 }] });
    const refused = (changed: ServiceSpec) => causes(client.create(services, serviceOf(changed, 'other')));
    expect(await refused({ clusterIP: '10.96.50.50' })).toEqual([
      'spec.clusterIPs: Invalid value: ["10.96.50.50"]: failed to allocate IP 10.96.50.50: provided IP is already allocated',
    ]);
    expect(await refused({ clusterIP: '192.168.1.1' })).toEqual([
      'spec.clusterIPs: Invalid value: ["192.168.1.1"]: failed to allocate IP 192.168.1.1: the provided network does not match the current range',
    ]);
    expect(await refused({ type: 'NodePort', ports: [{ port: 80, nodePort: 30777 }] })).toEqual([
      'spec.ports[0].nodePort: Invalid value: 30777: provided port is already allocated',
    ]);
    expect(await refused({ type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })).toEqual([
      'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ]);
    await client.delete(services, 'lab', 'svc');
    expect((await client.create(services, serviceOf(wanted, 'next'))).spec?.clusterIP).toBe('10.96.50.50');
  });

  it('uses one node port for TCP and UDP of the same port', async () => {
    const { client } = await api();
    const ports = [
      { name: 'tcp', port: 53 },
      { name: 'udp', port: 53, protocol: 'UDP' },
    ];
    const { spec } = await client.create(services, serviceOf({ type: 'NodePort', ports }));
    expect(spec?.ports?.[0]?.nodePort).toBeGreaterThanOrEqual(30_000);
    expect(spec?.ports?.[1]?.nodePort).toBe(spec?.ports?.[0]?.nodePort);
  });

  it('leaves headless Services without an address and ExternalName ones without anything', async () => {
    const { client } = await api();
    const headless = await client.create(services, serviceOf({ clusterIP: 'None' }, 'headless'));
    expect(headless.spec).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'] });
    const external = {
      metadata: { name: 'ext', namespace: 'lab' },
      spec: { type: 'ExternalName', externalName: 'a.b' },
    };
    expect((await client.create(services, external)).spec).toEqual({
      type: 'ExternalName',
      externalName: 'a.b',
      sessionAffinity: 'None',
    });
  });
});

describe('changing the type of a Service', () => {
  it('keeps the address and adds, keeps and drops node ports', async () => {
    const { client } = await api();
    const { spec: before } = await client.create(services, serviceOf());
    const to = (type: string) => client.patch(services, 'lab', 'svc', 'merge', { spec: { type } });
    const nodePort = await to('NodePort');
    expect(nodePort.spec).toMatchObject({ clusterIP: before?.clusterIP, externalTrafficPolicy: 'Cluster' });
    const port = nodePort.spec?.ports?.[0]?.nodePort;
    expect(port).toBeGreaterThanOrEqual(30_000);
    expect((await to('LoadBalancer')).spec?.ports?.[0]?.nodePort).toBe(port);
    const back = await to('ClusterIP');
    expect(back.spec?.ports).toEqual([{ port: 80, protocol: 'TCP', targetPort: 80 }]);
    expect(back.spec).not.toHaveProperty('externalTrafficPolicy');
    expect(back.spec).not.toHaveProperty('allocateLoadBalancerNodePorts');
  });

  it('does not let the address change', async () => {
    const { client } = await api();
    await client.create(services, serviceOf({ clusterIP: '10.96.60.60' }));
    const change = client.patch(services, 'lab', 'svc', 'merge', {
      spec: { clusterIP: '10.96.60.61', clusterIPs: null },
    });
    expect(await causes(change)).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.60.61"]: may not change once set',
    ]);
  });
});

describe('validation of Services', () => {
  it.each([
    [{ ports: [] }, 'spec.ports: Required value'],
    [{ ports: [{ port: 80 }, { port: 81 }] }, 'spec.ports[0].name: Required value'],
    [
      { ports: [{ port: 80, nodePort: 30001 }] },
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ],
    [{ ipFamilies: ['IPv6'] }, 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
    [
      { externalTrafficPolicy: 'Local' },
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ],
    [
      {
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 80 },
        ],
      },
      'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
    ],
  ] as [ServiceSpec, string][])('refuses %j', async (spec, cause) => {
    const { client } = await api();
    expect(await causes(client.create(services, serviceOf(spec)))).toContain(cause);
  });
});

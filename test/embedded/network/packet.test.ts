import { describe, expect, it } from 'vitest';
import { deliver, type Packet, type Source } from '../../../src/embedded/network/packet.ts';
import type { KubeObject } from '../../../src/kube/meta.ts';
import type { Protocol } from '../../../src/kube/network-policies.ts';
import { clusterIP, namespace, node, pod, policy, service, slice, tcp, viewOf } from './objects.ts';

const n1 = node('n1', '172.18.0.2', { 'node-role.kubernetes.io/control-plane': '' });
const n2 = node('n2', '172.18.0.3');
const client = pod('client', '10.244.0.5', { labels: { role: 'client' } });
const web1 = pod('web-1', '10.244.0.7', { labels: { app: 'web' }, ports: { http: 8080 } });
const web2 = pod('web-2', '10.244.1.8', { labels: { app: 'web' }, node: 'n2', ports: { http: 8080 } });
const done = pod('done', '10.244.0.9', { phase: 'Succeeded' });
const agent = pod('agent', '172.18.0.3', { hostNetwork: true, node: 'n2', labels: { app: 'web' } });
const base: KubeObject[] = [namespace('default'), n1, n2, client, web1, web2, done, agent];
const webPort = { port: 80, protocol: 'TCP', nodePort: 30080 };
const web = (more = {}) => [
  clusterIP('web', '10.96.5.5', 80, { ports: [webPort], ...more }),
  slice(
    'web',
    [
      { ip: '10.244.0.7', node: 'n1' },
      { ip: '10.244.1.8', node: 'n2' },
    ],
    [tcp(8080)],
  ),
];

const open: Record<string, number[]> = {
  'uid-web-1': [8080],
  'uid-web-2': [8080],
  'uid-client': [],
  'uid-agent': [9100],
};
const listening = (uid: string, port: number) => open[uid]?.includes(port) ?? false;

function send(objects: KubeObject[], source: Source, address: string, port: number, protocol: Protocol = 'TCP') {
  const packet: Packet = { source, address, port, protocol };
  return deliver(viewOf(objects, listening), packet, (_, __, backends) => backends[0] as (typeof backends)[0]);
}

const fromClient: Source = { kind: 'pod', pod: client };
const outside: Source = { kind: 'outside', address: '192.0.2.7' };
const facts = ({ facts: all }: { facts: readonly { fact: string }[] }) => all.map(({ fact }) => fact);

describe('a packet', () => {
  it.each([
    ['reaches a listening Pod', '10.244.0.7', 8080, 'delivered', ['pod', 'not-isolated', 'not-isolated', 'listening']],
    ['is refused at a closed port', '10.244.0.7', 81, 'refused', ['pod', 'not-isolated', 'not-isolated', 'closed']],
    ['is lost where nothing has the address', '10.244.9.9', 80, 'lost', ['no-such-address']],
    ['is lost at a Pod that has ended', '10.244.0.9', 80, 'lost', ['no-such-address']],
    ['is lost outside of the cluster', '8.8.8.8', 443, 'lost', ['no-such-address']],
    ['reaches the API server', '172.18.0.2', 6443, 'delivered', ['node', 'exempt', 'listening']],
    ['is refused by a node', '172.18.0.2', 81, 'refused', ['node', 'exempt', 'closed']],
    ["reaches a Pod in its node's network", '172.18.0.3', 9100, 'delivered', ['node', 'not-isolated', 'listening']],
  ])('%s', (_, address, port, outcome, chain) => {
    const verdict = send(base, fromClient, address, port);
    expect(verdict.outcome).toBe(outcome);
    expect(facts(verdict)).toEqual(chain);
  });

  it('goes through a Service to an endpoint, and says which', () => {
    const verdict = send([...base, ...web()], fromClient, '10.96.5.5', 80);
    expect(verdict).toMatchObject({ outcome: 'delivered', receiver: { kind: 'pod', pod: web1, port: 8080 } });
    expect(verdict.facts.slice(0, 2)).toEqual([
      { fact: 'service', service: 'default/web', via: 'ClusterIP', port: 80 },
      { fact: 'endpoint', service: 'default/web', address: '10.244.0.7', port: 8080 },
    ]);
  });

  it('is refused by a Service without endpoints and lost at a port that the Service lacks', () => {
    const empty = [...base, clusterIP('empty', '10.96.7.7', 80)];
    expect(send(empty, fromClient, '10.96.7.7', 80)).toMatchObject({
      outcome: 'refused',
      facts: [{ fact: 'service' }, { fact: 'no-endpoints', service: 'default/empty', port: 80 }],
    });
    expect(send(empty, fromClient, '10.96.7.7', 81)).toMatchObject({ outcome: 'lost' });
    expect(send(empty, fromClient, '10.96.7.7', 80, 'UDP')).toMatchObject({ outcome: 'lost' });
  });

  it('is refused where the Service leads to a port that nobody listens on', () => {
    const wrong = [clusterIP('web', '10.96.5.5', 80), slice('web', [{ ip: '10.244.0.7' }], [tcp(80)])];
    expect(send([...base, ...wrong], fromClient, '10.96.5.5', 80).facts.at(-1)).toEqual({ fact: 'closed', port: 80 });
  });

  it('takes endpoints that are not ready only if they are terminating, serve, and there are no others', () => {
    const ending = { ip: '10.244.0.7', ready: false, serving: true, terminating: true };
    const through = (...endpoints: Parameters<typeof slice>[1]) =>
      send(
        [...base, clusterIP('web', '10.96.5.5', 80), slice('web', endpoints, [tcp(8080)])],
        fromClient,
        '10.96.5.5',
        80,
      );
    expect(through({ ip: '10.244.0.7', ready: false }).outcome).toBe('refused');
    expect(through(ending)).toMatchObject({ outcome: 'delivered', receiver: { pod: web1 } });
    expect(through(ending, { ip: '10.244.1.8' })).toMatchObject({ outcome: 'delivered', receiver: { pod: web2 } });
  });

  it('follows ports by name and protocol', () => {
    const ports = [
      { name: 'a', port: 80, protocol: 'TCP' },
      { name: 'b', port: 80, protocol: 'UDP' },
    ];
    const objects = [
      ...[...base, clusterIP('web', '10.96.5.5', 80, { ports })],
      slice('web', [{ ip: '10.244.0.7' }], [tcp(8080, 'a'), { name: 'b', port: 8081, protocol: 'UDP' }]),
    ];
    expect(send(objects, fromClient, '10.96.5.5', 80)).toMatchObject({ receiver: { port: 8080 } });
    expect(send(objects, fromClient, '10.96.5.5', 80, 'UDP').facts).toContainEqual({
      fact: 'pod',
      pod: 'default/web-1',
      port: 8081,
    });
  });
});

describe('traffic policies', () => {
  const elsewhere = [
    clusterIP('web', '10.96.5.5', 80, {
      ports: [webPort],
      internalTrafficPolicy: 'Local',
      externalTrafficPolicy: 'Local',
    }),
    slice('web', [{ ip: '10.244.1.8', node: 'n2' }], [tcp(8080)]),
  ];

  it("internalTrafficPolicy Local loses what has no endpoint on the client's node", () => {
    const verdict = send([...base, ...elsewhere], fromClient, '10.96.5.5', 80);
    expect(verdict.outcome).toBe('lost');
    expect(verdict.facts.at(-1)).toEqual({ fact: 'no-local-endpoints', service: 'default/web', node: 'n1' });
    const neighbour: Source = { kind: 'pod', pod: pod('x', '10.244.1.9', { node: 'n2' }) };
    expect(send([...base, ...elsewhere], neighbour, '10.96.5.5', 80).outcome).toBe('delivered');
  });

  it('externalTrafficPolicy Local loses what comes to a node without endpoints, but for Pods', () => {
    const objects = [...base, ...elsewhere];
    expect(send(objects, outside, '172.18.0.2', 30080).outcome).toBe('lost');
    expect(send(objects, outside, '172.18.0.3', 30080)).toMatchObject({ outcome: 'delivered', source: '192.0.2.7' });
    expect(send(objects, fromClient, '172.18.0.2', 30080).outcome).toBe('delivered');
  });

  it('a node port hides the client behind the node unless the policy is Local', () => {
    expect(send([...base, ...web()], outside, '172.18.0.3', 30080)).toMatchObject({ source: '172.18.0.3' });
    expect(send([...base, ...web()], fromClient, '10.96.5.5', 80)).toMatchObject({ source: '10.244.0.5' });
  });

  it('serves external and balancer addresses, the latter to the allowed ranges', () => {
    const spec = { externalIPs: ['192.0.2.1'], loadBalancerSourceRanges: ['192.0.2.0/24'] };
    const [balanced, endpoints] = web(spec) as [ReturnType<typeof service>, KubeObject];
    const status = { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } };
    const objects = [...base, service('web', balanced.spec, 'default', status), endpoints];
    expect(send(objects, outside, '192.0.2.1', 80).outcome).toBe('delivered');
    expect(send(objects, outside, '203.0.113.9', 80).outcome).toBe('delivered');
    const stranger: Source = { kind: 'outside', address: '198.51.100.1' };
    expect(send(objects, stranger, '203.0.113.9', 80).facts.at(-1)).toMatchObject({ fact: 'source-not-allowed' });
  });
});

describe('NetworkPolicies on the way', () => {
  const denyAll = policy('deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  const toWeb = policy('to-web', {
    podSelector: { matchLabels: { role: 'client' } },
    policyTypes: ['Egress'],
    egress: [{ to: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 8080 }] }],
  });
  const fromClients = policy('from-clients', {
    podSelector: { matchLabels: { app: 'web' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { role: 'client' } } }], ports: [{ port: 'http' }] }],
  });

  it('both ends must allow it', () => {
    const through = (...policies: KubeObject[]) =>
      send([...base, ...web(), denyAll, ...policies], fromClient, '10.96.5.5', 80);
    expect(through().facts.at(-1)).toEqual({
      ...{ fact: 'denied', direction: 'egress', pod: 'default/client', policies: ['default/deny'] },
    });
    expect(through(toWeb).facts.at(-1)).toEqual({
      ...{ fact: 'denied', direction: 'ingress', pod: 'default/web-1', policies: ['default/deny'] },
    });
    expect(through(fromClients).outcome).toBe('lost');
    const verdict = through(toWeb, fromClients);
    expect(verdict.outcome).toBe('delivered');
    expect(verdict.facts).toContainEqual({
      ...{ fact: 'allowed', direction: 'ingress', pod: 'default/web-1', policy: 'default/from-clients', rule: 0 },
    });
  });

  it('judges the port of the Pod, not of the Service', () => {
    const eighty = policy('to-web', { ...toWeb.spec, egress: [{ ports: [{ port: 80 }] }] });
    expect(send([...base, ...web(), eighty], fromClient, '10.96.5.5', 80).outcome).toBe('lost');
  });

  it('never stands between a Pod and its own node, nor itself', () => {
    const objects = [...base, ...web(), denyAll];
    expect(send(objects, { kind: 'node', node: n1 }, '10.244.0.7', 8080).facts).toContainEqual({
      fact: 'exempt',
      why: 'own-node',
    });
    expect(send(objects, { kind: 'node', node: n2 }, '10.244.0.7', 8080).outcome).toBe('lost');
    expect(send(objects, fromClient, '172.18.0.2', 6443).outcome).toBe('delivered');
    expect(send(objects, fromClient, '172.18.0.3', 9100).outcome).toBe('lost');
    expect(send(objects, { kind: 'pod', pod: web1 }, '10.96.5.5', 80).facts).toContainEqual({
      fact: 'exempt',
      why: 'same-pod',
    });
  });

  it("does not isolate Pods in their node's network, nor recognise them by their labels", () => {
    const host: Source = { kind: 'pod', pod: agent };
    expect(send([...base, denyAll], host, '10.244.1.8', 8080).outcome).toBe('delivered');
    const fromWeb = policy('from-web', {
      podSelector: {},
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }],
    });
    expect(send([...base, fromWeb], host, '10.244.0.7', 8080).outcome).toBe('lost');
  });

  it('sees the Pod behind a node port', () => {
    const objects = [...base, ...web(), fromClients];
    expect(send(objects, fromClient, '172.18.0.3', 30080).outcome).toBe('delivered');
    expect(send(objects, outside, '172.18.0.3', 30080).outcome).toBe('lost');
  });

  it('lets pings pass only rules about all ports', () => {
    expect(send(base, fromClient, '10.244.1.8', 0, 'ICMP').outcome).toBe('delivered');
    expect(send([...base, fromClients], fromClient, '10.244.1.8', 0, 'ICMP').outcome).toBe('lost');
    expect(send([...base, ...web()], fromClient, '10.96.5.5', 0, 'ICMP').outcome).toBe('lost');
    expect(send(base, fromClient, '172.18.0.3', 0, 'ICMP')).toMatchObject({ receiver: { kind: 'node' } });
  });
});

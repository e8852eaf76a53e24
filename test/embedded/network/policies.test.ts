import { describe, expect, it } from 'vitest';
import type {
  LabelSelector,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
  Pod,
} from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { type Direction, decidePolicies } from '../../../src/kube/network-policies.ts';
import fc from '../../helpers/fast-check.ts';
import { namespace, pod, policy, viewOf } from './objects.ts';

/** A slow reading of the API's description of NetworkPolicySpec, sentence by sentence, for IPv4. */
const reference = {
  selects: (selector: LabelSelector, labels: Record<string, string>) =>
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      const listed = value !== undefined && values.includes(value);
      return operator === 'In' ? listed : !listed;
    }),

  bits: (address: string) =>
    address
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join(''),

  contains(cidr: string, address: string) {
    const [network = '', length] = cidr.split('/');
    return this.bits(address).slice(0, Number(length)) === this.bits(network).slice(0, Number(length));
  },

  peer(
    of: string,
    { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
    address: string,
    other?: Stored<Pod>,
  ) {
    if (ipBlock) {
      const holes = (ipBlock.except ?? []).filter((hole) => this.contains(hole, address));
      return this.contains(ipBlock.cidr, address) && holes.length === 0;
    }
    if (!other) return false;
    const home = other.metadata.namespace ?? '';
    const inNamespace = namespaceSelector ? this.selects(namespaceSelector, namespaceLabels[home] ?? {}) : home === of;
    return inNamespace && this.selects(podSelector ?? {}, other.metadata.labels ?? {});
  },

  port({ port, endPort, protocol }: NetworkPolicyPort, wanted: number, over: string, destination?: Stored<Pod>) {
    if ((protocol ?? 'TCP') !== over) return false;
    if (port === undefined) return true;
    if (typeof port === 'string') {
      const ports = destination?.spec?.containers.flatMap((c) => c.ports ?? []) ?? [];
      return ports.some((p) => p.name === port && p.containerPort === wanted && (p.protocol ?? 'TCP') === over);
    }
    const range = Array.from({ length: (endPort ?? port) - port + 1 }, (_, i) => port + i);
    return range.includes(wanted);
  },
};

const namespaceLabels: Record<string, Record<string, string>> = {
  a: { 'kubernetes.io/metadata.name': 'a', team: 'x' },
  b: { 'kubernetes.io/metadata.name': 'b', team: 'y' },
};
const namespaces = Object.entries(namespaceLabels).map(([name, labels]) => namespace(name, labels));

const some = <T>(...values: T[]) => fc.constantFrom(...values);
const labels = fc.dictionary(some('app', 'role'), some('x', 'y'), { maxKeys: 2 });
const expression = fc.oneof(
  fc.record({
    key: some('app', 'role', 'team'),
    operator: some('In', 'NotIn'),
    values: fc.subarray(['x', 'y'], { minLength: 1 }),
  }),
  fc.record({ key: some('app', 'role', 'team'), operator: some('Exists', 'DoesNotExist') }),
);
const selector = (keys: string[]): fc.Arbitrary<LabelSelector> =>
  fc.record(
    {
      matchLabels: fc.dictionary(fc.constantFrom(...keys), some('x', 'y'), { maxKeys: 1 }),
      matchExpressions: fc.array(expression, { maxLength: 1 }),
    },
    { requiredKeys: [] },
  );
const peer: fc.Arbitrary<NetworkPolicyPeer> = fc.oneof(
  fc.record({ podSelector: selector(['app', 'role']) }),
  fc.record({ namespaceSelector: selector(['team']) }),
  fc.record({ podSelector: selector(['app', 'role']), namespaceSelector: selector(['team']) }),
  fc.record({
    ipBlock: fc.record({
      cidr: some('10.244.0.0/16', '10.244.0.0/30', '0.0.0.0/0', '172.17.0.0/16'),
      except: fc.subarray(['10.244.0.4/30', '172.17.1.0/24']),
    }),
  }),
);
const policyPort: fc.Arbitrary<NetworkPolicyPort> = fc.oneof(
  fc.record({ port: some(80, 443), protocol: some('TCP', 'UDP') }),
  fc.record({ port: fc.constant(78), endPort: some(78, 79, 80, 90) }),
  fc.record({ port: some('http', 'dns'), protocol: some('TCP', 'UDP') }),
  fc.record({ protocol: some('TCP', 'UDP') }),
);
const rule = fc.record(
  { peers: fc.array(peer, { maxLength: 2 }), ports: fc.array(policyPort, { maxLength: 2 }) },
  { requiredKeys: [] },
);
const policyTypes = fc.option(fc.subarray(['Ingress', 'Egress'], { minLength: 1 }), { nil: undefined });
const policyOf = fc.record({
  of: some('a', 'b'),
  podSelector: selector(['app', 'role']),
  policyTypes,
  ingress: fc.option(fc.array(rule, { maxLength: 2 }), { nil: undefined }),
  egress: fc.option(fc.array(rule, { maxLength: 2 }), { nil: undefined }),
});
const end = fc.record({ of: some('a', 'b'), labels, address: some('10.244.0.1', '10.244.0.5', '172.17.1.9') });

describe('decidePolicies', () => {
  it('agrees with a slow reading of the specification', () => {
    fc.assert(
      fc.property(
        fc.array(policyOf, { maxLength: 4 }),
        end,
        fc.record({ end, isPod: fc.boolean() }),
        some<Direction>('ingress', 'egress'),
        fc.record({ number: some(53, 78, 80, 443), protocol: some<'TCP' | 'UDP'>('TCP', 'UDP') }),
        (policies, mine, theirs, direction, port) => {
          const ports = { http: 80, dns: 53 };
          const own = pod('own', mine.address, { namespace: mine.of, labels: mine.labels, ports });
          const other = theirs.isPod
            ? pod('other', theirs.end.address, { namespace: theirs.end.of, labels: theirs.end.labels, ports })
            : undefined;
          const destination = direction === 'ingress' ? own : other;
          const stored = policies.map(({ of, ingress, egress, ...spec }, i) => {
            const made: NetworkPolicySpec = { ...spec };
            if (ingress) made.ingress = ingress.map((r) => ({ from: r.peers, ports: r.ports }));
            if (egress) made.egress = egress.map((r) => ({ to: r.peers, ports: r.ports }));
            return policy(`p${i}`, made, of);
          });

          const applying = policies.filter((p) => {
            const types = p.policyTypes ?? ['Ingress', ...((p.egress?.length ?? 0) > 0 ? ['Egress'] : [])];
            const about = types.includes(direction === 'ingress' ? 'Ingress' : 'Egress');
            return about && p.of === mine.of && reference.selects(p.podSelector, mine.labels);
          });
          const expected =
            applying.length === 0 ||
            applying.some((p) =>
              ((direction === 'ingress' ? p.ingress : p.egress) ?? []).some(({ peers = [], ports: wanted = [] }) => {
                const admitsPeer =
                  peers.length === 0 || peers.some((one) => reference.peer(p.of, one, theirs.end.address, other));
                const admitsPort =
                  wanted.length === 0 ||
                  wanted.some((one) => reference.port(one, port.number, port.protocol, destination));
                return admitsPeer && admitsPort;
              }),
            );

          const decision = decidePolicies(
            viewOf([...namespaces, ...stored]),
            direction,
            own,
            { address: theirs.end.address, ...(other && { pod: other }) },
            { ...port, ...(destination && { pod: destination }) },
          );
          expect(decision.allowed).toBe(expected);
          expect(decision.isolatedBy).toHaveLength(applying.length);
          expect(decision.allowedBy !== undefined).toBe(expected && applying.length > 0);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('tells one peer with two selectors from two peers with one each', () => {
    const from = (...peers: NetworkPolicyPeer[]) => policy('p', { podSelector: {}, ingress: [{ from: peers }] }, 'a');
    const inB = { namespaceSelector: { matchLabels: { team: 'y' } } };
    const clients = { podSelector: { matchLabels: { role: 'x' } } };
    const own = pod('own', '10.244.0.1', { namespace: 'a' });
    const stranger = pod('stranger', '10.244.0.2', { namespace: 'b' });
    const decide = (spec: ReturnType<typeof policy>) =>
      decidePolicies(
        viewOf([...namespaces, spec]),
        'ingress',
        own,
        { address: '10.244.0.2', pod: stranger },
        { protocol: 'TCP', number: 80, pod: own },
      );
    expect(decide(from({ ...inB, ...clients })).allowed).toBe(false);
    expect(decide(from(inB, clients)).allowed).toBe(true);
  });
});

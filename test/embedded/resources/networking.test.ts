import { describe, expect, it } from 'vitest';
import { networkOf } from '../../../src/embedded/resources/validate/cidr.ts';
import type { IngressSpec, NetworkPolicySpec } from '../../../src/kube/api.gen.ts';
import { ingressClasses, ingresses, ipAddresses, networkPolicies, serviceCIDRs } from '../../../src/kube/resources.ts';
import { refusal } from '../../helpers/control-plane.ts';
import { api, causes } from './api.ts';

const metadata = { name: 'x', namespace: 'lab' };
const backend = { service: { name: 'svc', port: { number: 80 } } };

describe('Ingresses', () => {
  const ingress = (spec: IngressSpec) => ({ metadata, spec });
  const path = (more: object) => ({
    rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...more }] } }],
  });
  const at = 'spec.rules[0].http.paths[0]';

  it.each([
    [{}, ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified']],
    [path({ path: '/a/../b' }), [`${at}.path: Invalid value: "/a/../b": must not contain '/../'`]],
    [path({ path: '/a/..' }), [`${at}.path: Invalid value: "/a/..": cannot end with '/..'`]],
    [path({ path: '', pathType: 'ImplementationSpecific' }), []],
    [path({ backend: { service: { name: 's' } } }), [`${at}.backend: Required value: port name or number is required`]],
    [
      path({ backend: { ...backend, resource: { kind: 'K', name: 'n' } } }),
      [`${at}.backend: Invalid value: "": cannot set both resource and service backends`],
    ],
    [
      { rules: [{ host: '10.0.0.1' }] },
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
    [{ rules: [{ host: '*.example.com' }] }, []],
  ] as [IngressSpec, string[]][])('judge %j', async (spec, expected) => {
    const { client } = await api();
    const created = client.create(ingresses, ingress(spec));
    if (expected.length > 0) expect(await causes(created)).toEqual(expected);
    else expect((await created).status).toEqual({ loadBalancer: {} });
  });

  it('get the default class, and none if there are two', async () => {
    const { client } = await api();
    const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
    const spec = { controller: 'example.com/c' };
    await client.create(ingressClasses, { metadata: { name: 'one', annotations }, spec });
    const made = await client.create(ingresses, ingress({ defaultBackend: backend }));
    expect(made.spec?.ingressClassName).toBe('one');
    await client.create(ingressClasses, { metadata: { name: 'two', annotations }, spec });
    const next = { metadata: { ...metadata, name: 'y' }, spec: { defaultBackend: backend } };
    const { message } = await refusal(client.create(ingresses, next));
    expect(message).toBe(
      'ingresses.networking.k8s.io "y" is forbidden: 2 default IngressClasses were found, only 1 allowed',
    );
  });
});

describe('NetworkPolicies', () => {
  const create = async (spec: NetworkPolicySpec) => (await api()).client.create(networkPolicies, { metadata, spec });

  it('mean both directions if they say something of egress', async () => {
    expect((await create({ egress: [{ ports: [{ port: 53 }] }] })).spec).toEqual({
      podSelector: {},
      egress: [{ ports: [{ port: 53, protocol: 'TCP' }] }],
      policyTypes: ['Ingress', 'Egress'],
    });
  });

  it.each([
    [{ ingress: [{ from: [{}] }] }, ['spec.ingress[0].from[0]: Required value: must specify a peer']],
    [
      { egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] } }] }] },
      ['spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`'],
    ],
    [
      { ingress: [{ ports: [{ port: 'http', endPort: 90 }] }] },
      ['spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric'],
    ],
  ] as [NetworkPolicySpec, string[]][])('refuse %j', async (spec, expected) => {
    expect(await causes(create(spec))).toEqual(expected);
  });
});

describe('networks', () => {
  it.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['192.168.1.7/32', '192.168.1.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:db8::1/64', '2001:db8::/64'],
    ['fe80::ffff/10', 'fe80::/10'],
  ])('%s lies in %s', (cidr, network) => {
    expect(networkOf(cidr)).toBe(network);
  });

  it('are one of each family', async () => {
    const { client } = await api();
    const range = (cidrs: string[]) => client.create(serviceCIDRs, { metadata: { name: 'r' }, spec: { cidrs } });
    expect(await causes(range(['10.0.0.0/24', '10.1.0.0/24']))).toEqual([
      'spec.cidrs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    ]);
    await range(['10.0.0.0/24']);
    const both = { spec: { cidrs: ['10.0.0.0/24', 'fd00::/112'] } };
    expect((await client.patch(serviceCIDRs, undefined, 'r', 'merge', both)).spec).toEqual(both.spec);
    const other = { spec: { cidrs: ['10.9.0.0/24', 'fd00::/112'] } };
    expect(await causes(client.patch(serviceCIDRs, undefined, 'r', 'merge', other))).toEqual([
      'spec.cidrs[0]: Invalid value: "10.9.0.0/24": field is immutable',
    ]);
  });

  it('are made of addresses that belong to somebody', async () => {
    const { client } = await api();
    expect(await causes(client.create(ipAddresses, { metadata: { name: '10.0.0.1' } }))).toEqual([
      'spec.parentRef: Required value',
    ]);
  });
});

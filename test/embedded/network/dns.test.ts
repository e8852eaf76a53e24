import { describe, expect, it } from 'vitest';
import { clusterRecords } from '../../../src/embedded/network/dns.ts';
import type { ClusterDnsQuestion } from '../../../src/embedded/network-api.ts';
import { clusterIP, namespace, pod, service, slice, tcp, viewOf } from './objects.ts';

const view = viewOf([
  ...[namespace('default'), namespace('other')],
  clusterIP('web', '10.96.5.5', 80, { ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }),
  clusterIP('kubernetes', '10.96.0.1', 443),
  service('headless', { clusterIP: 'None', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }),
  slice(
    'headless',
    [
      { ip: '10.244.0.7', hostname: 'one' },
      { ip: '10.244.0.8', pod: 'web-2' },
      { ip: '10.244.0.9', ready: false },
    ],
    [tcp(8080, 'http')],
  ),
  service('early', { clusterIP: 'None', publishNotReadyAddresses: true }),
  slice('early', [{ ip: '10.244.0.9', ready: false }], []),
  service('alias', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }),
  service('manual', { clusterIP: 'None', ports: [{ port: 80 }] }),
  slice('manual', [{ ip: '192.0.2.4' }], [tcp(80)]),
  pod('web-2', '10.244.0.8'),
]);

function ask(name: string, type = 'A', more: Partial<ClusterDnsQuestion> = {}) {
  const settings = { zone: 'cluster.local', pods: 'insecure', endpointPodNames: false, ttl: 30 } as const;
  const { code, records } = clusterRecords(view, { name, type, ...settings, ...more });
  return code === 'NOERROR' ? records.map(({ data }) => data) : code;
}

describe('the kubernetes plugin', () => {
  it.each([
    ['kubernetes.default.svc.cluster.local', ['10.96.0.1']],
    ['web.default.svc.cluster.local', ['10.96.5.5']],
    ['headless.default.svc.cluster.local', ['10.244.0.7', '10.244.0.8']],
    ['early.default.svc.cluster.local', ['10.244.0.9']],
    ['manual.default.svc.cluster.local', ['192.0.2.4']],
    ['one.headless.default.svc.cluster.local', ['10.244.0.7']],
    ['10-244-0-8.headless.default.svc.cluster.local', ['10.244.0.8']],
    ['alias.default.svc.cluster.local', ['web.default.svc.cluster.local']],
    ['10-244-0-7.default.pod.cluster.local', ['10.244.0.7']],
    ['default.svc.cluster.local', []],
    ['cluster.local', []],
    ['web.other.svc.cluster.local', 'NXDOMAIN'],
    ['web.nowhere.svc.cluster.local', 'NXDOMAIN'],
    ['one.web.default.svc.cluster.local', 'NXDOMAIN'],
    ['two.headless.default.svc.cluster.local', 'NXDOMAIN'],
    ['web.default.cluster.local', 'NXDOMAIN'],
  ])('answers %s', (name, addresses) => {
    expect(ask(name)).toEqual(addresses);
  });

  it('has no IPv6 addresses, which is not the same as no name', () => {
    expect(ask('web.default.svc.cluster.local', 'AAAA')).toEqual([]);
  });

  it('answers SRV for named ports of Services and of the endpoints of headless ones', () => {
    expect(ask('_http._tcp.web.default.svc.cluster.local', 'SRV')).toEqual(['0 100 80 web.default.svc.cluster.local.']);
    expect(ask('_http._tcp.headless.default.svc.cluster.local', 'SRV')).toEqual([
      '0 50 8080 one.headless.default.svc.cluster.local.',
      '0 50 8080 10-244-0-8.headless.default.svc.cluster.local.',
      // Not ready: not there.
    ]);
    expect(ask('_x._tcp.web.default.svc.cluster.local', 'SRV')).toBe('NXDOMAIN');
  });

  it('answers PTR for cluster addresses and for endpoints of headless Services', () => {
    const reverse = { zone: 'in-addr.arpa' };
    expect(ask('5.5.96.10.in-addr.arpa', 'PTR', reverse)).toEqual(['web.default.svc.cluster.local.']);
    expect(ask('7.0.244.10.in-addr.arpa', 'PTR', reverse)).toEqual(['one.headless.default.svc.cluster.local.']);
    expect(ask('1.2.3.4.in-addr.arpa', 'PTR', reverse)).toBe('NXDOMAIN');
  });

  it('follows its settings', () => {
    const web = 'web.default.svc.cluster.local';
    expect(ask(web, 'A', { namespaces: ['other'] })).toBe('NXDOMAIN');
    expect(ask('10-244-0-8.default.pod.cluster.local', 'A', { pods: 'verified' })).toEqual(['10.244.0.8']);
    expect(ask('10-244-9-9.default.pod.cluster.local', 'A', { pods: 'verified' })).toBe('NXDOMAIN');
    expect(ask('10-244-0-8.default.pod.cluster.local', 'A', { pods: 'disabled' })).toBe('NXDOMAIN');
    expect(ask('web-2.headless.default.svc.cluster.local', 'A', { endpointPodNames: true })).toEqual(['10.244.0.8']);
    expect(ask('web.default.svc.lab.example', 'A', { zone: 'lab.example' })).toEqual(['10.96.5.5']);
  });
});

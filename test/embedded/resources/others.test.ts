import { describe, expect, it } from 'vitest';
import * as field from '../../../src/embedded/errors/field.ts';
import { newEventResource } from '../../../src/embedded/resources/events.ts';
import { unifiedDiff } from '../../../src/embedded/resources/go/diff.ts';
import { wireName } from '../../../src/embedded/resources/go/shapes.ts';
import { podWarnings } from '../../../src/embedded/resources/pod-spec/warnings.ts';
import type { EventsV1Event, PodSpec } from '../../../src/kube/api.gen.ts';
import type { Resource } from '../../../src/kube/meta.ts';
import {
  configMaps,
  events,
  leases,
  namespaces,
  nodes,
  priorityClasses,
  secrets,
} from '../../../src/kube/resources.ts';
import { api, causes, podOf } from './api.ts';

const metadata = { name: 'x', namespace: 'lab' };

describe('ConfigMaps and Secrets', () => {
  it('merge stringData into data', async () => {
    const { client } = await api();
    const secret = await client.create(secrets, { metadata, data: { p: 'dg==' }, stringData: { user: 'admin' } });
    expect(secret).toMatchObject({ type: 'Opaque', data: { p: 'dg==', user: 'YWRtaW4=' } });
    expect(secret).not.toHaveProperty('stringData');
  });

  it('stay as they are once immutable', async () => {
    const { client } = await api();
    await client.create(configMaps, { metadata, immutable: true, data: { a: '1' } });
    const change = { immutable: false, data: { a: '2' } };
    expect(await causes(client.patch(configMaps, 'lab', 'x', 'merge', change))).toEqual([
      'immutable: Forbidden: field is immutable when `immutable` is set',
      'data: Forbidden: field is immutable when `immutable` is set',
    ]);
  });

  it.each([
    ['kubernetes.io/tls', {}, ['data[tls.crt]: Required value', 'data[tls.key]: Required value']],
    ['kubernetes.io/ssh-auth', {}, ['data[ssh-privatekey]: Required value']],
    ['kubernetes.io/basic-auth', { username: 'YQ==' }, []],
    [
      'kubernetes.io/dockerconfigjson',
      { '.dockerconfigjson': 'eA==' },
      [
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'x\' looking for beginning of value',
      ],
    ],
  ] as [string, Record<string, string>, string[]][])('demand the keys of type %s', async (type, data, expected) => {
    const { client } = await api();
    const created = client.create(secrets, { metadata, type, data });
    if (expected.length === 0) expect((await created).type).toBe(type);
    else expect(await causes(created)).toEqual(expected);
  });
});

describe('Namespaces, Nodes and other cluster-wide kinds', () => {
  it('label a namespace with its name and end it through finalize', async () => {
    const { client } = await api();
    const made = await client.create(namespaces, { metadata: { name: 'n' } });
    expect(made).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'n' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    await client.delete(namespaces, undefined, 'n');
    const ending = await client.get(namespaces, undefined, 'n');
    expect(ending.status?.phase).toBe('Terminating');
    await client.update(namespaces, { ...ending, spec: { finalizers: [] } }, { subresource: 'finalize' });
    expect((await client.list(namespaces)).items.map((n) => n.metadata.name)).not.toContain('n');
  });

  it('refuse a second taint of the same key and effect, in Go words', async () => {
    const { client } = await api();
    const taints = [
      { key: 'a', effect: 'NoSchedule' },
      { key: 'a', effect: 'NoSchedule' },
    ];
    expect(await causes(client.create(nodes, { metadata: { name: 'n' }, spec: { taints } }))).toEqual([
      'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    ]);
  });

  it('keep the pod range of a node once it is set', async () => {
    const { client } = await api();
    const node = await client.create(nodes, { metadata: { name: 'n' }, spec: { podCIDR: '10.244.0.0/24' } });
    expect(node.spec?.podCIDRs).toEqual(['10.244.0.0/24']);
    const change = { spec: { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] } };
    expect(await causes(client.patch(nodes, undefined, 'n', 'merge', change))).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    ]);
  });

  it('reserve high priorities for the system', async () => {
    const { client } = await api();
    const priority = (name: string, value: number) => client.create(priorityClasses, { metadata: { name }, value });
    expect((await priority('high', 1000)).preemptionPolicy).toBe('PreemptLowerPriority');
    expect(await causes(priority('higher', 2_000_000_000))).toEqual([
      'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
    ]);
    expect((await causes(priority('system-x', 1)))[0]).toContain('system-x is not a known system priority class');
  });

  it('let a lease be made by an update', async () => {
    const { client } = await api();
    const lease = await client.update(leases, { metadata, spec: { holderIdentity: 'me', leaseDurationSeconds: 15 } });
    expect(lease.spec?.holderIdentity).toBe('me');
    const bad = { metadata: { ...metadata, name: 'y' }, spec: { leaseDurationSeconds: -1 } };
    expect(await causes(client.create(leases, bad))).toEqual([
      'spec.leaseDurationSeconds: Invalid value: -1: must be greater than 0',
    ]);
  });
});

describe('Events', () => {
  const newEvents: Resource<EventsV1Event> = { ...newEventResource, __type: undefined };

  it('are the same objects under both APIs', async () => {
    const { client } = await api();
    await client.create(events, {
      metadata,
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'lab', apiVersion: 'v1' },
      message: 'a message',
      reason: 'Test',
      type: 'Normal',
      count: 3,
      source: { component: 'me' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:05:00Z',
    });
    const seen = await client.get(newEvents, 'lab', 'x');
    expect(seen).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      note: 'a message',
      regarding: { kind: 'Pod', name: 'p' },
      deprecatedCount: 3,
      deprecatedSource: { component: 'me' },
      deprecatedLastTimestamp: '2026-01-01T00:05:00Z',
    });
    expect(seen.reportingController).toBeUndefined();
  });

  it('can be selected by what they are about', async () => {
    const { client } = await api();
    const about = (name: string) => ({ kind: 'Pod', name, namespace: 'lab' });
    await client.create(events, { metadata, involvedObject: about('a'), reason: 'R' });
    await client.create(events, { metadata: { ...metadata, name: 'y' }, involvedObject: about('b'), reason: 'R' });
    const { items } = await client.list(events, 'lab', { fieldSelector: 'involvedObject.name=b,reason=R' });
    expect(items.map((event) => event.metadata.name)).toEqual(['y']);
  });

  it('live in the namespace of what they are about', async () => {
    const { client } = await api();
    const involvedObject = { kind: 'Pod', name: 'p', namespace: 'elsewhere' };
    expect(await causes(client.create(events, { metadata, involvedObject }))).toEqual([
      'involvedObject.namespace: Invalid value: "elsewhere": does not match event.namespace',
    ]);
  });
});

describe('warnings', () => {
  const of = (spec: Partial<PodSpec>, name?: string) => podWarnings(podOf(spec, name), undefined, field.path('spec'));

  it('tell of deprecated, double and useless things', () => {
    expect(of({})).toEqual([]);
    expect(of({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } })).toEqual([
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    ]);
    const env = [
      { name: 'A', value: '1' },
      { name: 'A', value: '2' },
      { name: 'A', value: '3:$(A)' },
    ];
    expect(of({ containers: [{ name: 'c', image: 'x', env }] })).toEqual([
      'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    ]);
    expect(of({}, 'a.b')).toEqual([
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    ]);
  });
});

describe('values in Go words', () => {
  it.each([
    ['DNSPolicy', 'dnsPolicy'],
    ['TTY', 'tty'],
    ['SELinuxOptions', 'seLinuxOptions'],
    ['HTTPGet', 'httpGet'],
    ['FSGroup', 'fsGroup'],
    ['CephFS', 'cephfs'],
    ['SetHostnameAsFQDN', 'setHostnameAsFQDN'],
  ])('knows %s as %s on the wire', (go, wire) => {
    expect(wireName(go)).toBe(wire);
  });

  it('diffs with three lines of context, one hunk for changes that are near', () => {
    const before = 'a b c d e f g h i j k l m n o p q r s t u'.split(' ');
    const after = before.map((line) => (line === 'e' || line === 'h' || line === 't' ? line.toUpperCase() : line));
    expect(
      unifiedDiff(before, after)
        .split('\n')
        .filter((line) => /^[-+@]/.test(line)),
    ).toEqual(['@@ -2,10 +2,10 @@', '-e', '+E', '-h', '+H', '@@ -17,5 +17,5 @@', '-t', '+T']);
    expect(unifiedDiff(before, before)).toBe('');
  });
});

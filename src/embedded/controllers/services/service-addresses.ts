import { isIPv6 } from 'node:net';
import type { IPAddress, Service, ServiceCIDR } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { ipAddresses, serviceCIDRs, services } from '../../../kube/resources.ts';
import type { Component } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { reasonOf } from '../../errors/status.ts';
import { timestamp } from '../../registry/metadata.ts';

const identity = { user: { name: 'system:apiserver', groups: ['system:masters'] }, fieldManager: 'kube-apiserver' };

const labels = (ip: string) => ({
  'ipaddress.kubernetes.io/ip-family': isIPv6(ip) ? 'IPv6' : 'IPv4',
  'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
});

const addressesOf = ({ spec }: Service) => (spec?.clusterIPs ?? []).filter((ip) => ip !== '' && ip !== 'None');

/** An IPAddress for every address of a Service, as kube-apiserver's allocator keeps them (KEP-1880). */
export const serviceAddresses: Component = {
  name: 'service-addresses',
  start(context) {
    const { clock, signal, informers, report } = context;
    const client = context.client.as(identity);
    const all = informers.of(services);
    const known = informers.of(ipAddresses);

    /** The Service that holds an address. */
    const holder = (ip: string) => all.list().find((service) => addressesOf(service).includes(ip));

    const queue = new WorkQueue({
      clock,
      signal,
      report,
      async sync(ip) {
        const service = holder(ip);
        const address = known.get(undefined, ip);
        if (!service) {
          if (address && isManaged(address)) await client.delete(ipAddresses, undefined, ip).catch(ignoreMissing);
          return;
        }
        if (!address) await client.create(ipAddresses, addressFor(ip, service)).catch(ignoreExisting);
        else if (!belongsTo(address, service) && isManaged(address)) {
          await client.delete(ipAddresses, undefined, ip).catch(ignoreMissing);
          await client.create(ipAddresses, addressFor(ip, service)).catch(ignoreExisting);
        }
      },
    });
    const enqueue = (service: Stored<Service>) => {
      for (const ip of addressesOf(service)) queue.add(ip);
    };
    all.on({
      add: enqueue,
      update: (service, old) => {
        enqueue(old);
        enqueue(service);
      },
      delete: enqueue,
    });
  },
};

const isManaged = ({ metadata }: Stored<IPAddress>) =>
  metadata.labels?.['ipaddress.kubernetes.io/managed-by'] === 'ipallocator.k8s.io';

const belongsTo = ({ spec }: IPAddress, { metadata }: Stored<Service>) =>
  spec?.parentRef.name === metadata.name && spec.parentRef.namespace === metadata.namespace;

const addressFor = (ip: string, { metadata }: Stored<Service>): IPAddress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IPAddress',
  metadata: { name: ip, labels: labels(ip) },
  spec: { parentRef: { group: '', resource: 'services', namespace: metadata.namespace, name: metadata.name } },
});

function ignore(reason: string): (error: unknown) => void {
  return (error) => {
    if (reasonOf(error) !== reason) throw error;
  };
}
const ignoreMissing = ignore('NotFound');
const ignoreExisting = ignore('AlreadyExists');

const ready = 'Kubernetes Service CIDR is ready';

/** Says of every service range that it may be used. */
export const serviceRanges: Component = {
  name: 'service-cidrs',
  start(context) {
    const { clock, signal, informers, report } = context;
    const client = context.client.as(identity);
    const ranges = informers.of(serviceCIDRs);
    const queue = new WorkQueue({
      clock,
      signal,
      report,
      async sync(name) {
        const range = ranges.get(undefined, name);
        if (!range || isReady(range)) return;
        const condition = {
          type: 'Ready',
          status: 'True',
          reason: '',
          message: ready,
          lastTransitionTime: timestamp(clock.now()),
        };
        await client.updateStatus(serviceCIDRs, { ...range, status: { conditions: [condition] } });
      },
    });
    const enqueue = (range: Stored<ServiceCIDR>) => queue.add(range.metadata.name);
    ranges.on({ add: enqueue, update: enqueue });
  },
};

const isReady = ({ status }: ServiceCIDR) => status?.conditions?.some(({ type }) => type === 'Ready') ?? false;

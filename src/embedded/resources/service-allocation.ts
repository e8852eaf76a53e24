/**
 * Cluster IPs and node ports of Services. What is taken is read from the Services themselves at every write, so
 * nothing has to be given back on delete.
 */
import { randomInt } from 'node:crypto';
import type { Service } from '../../kube/api.gen.ts';
import { services } from '../../kube/resources.ts';
import type { StrategyContext } from '../definition.ts';

/** 10.96.0.0/12: the Service range of a kubeadm cluster. */
const network = 0x0a60_0000;
const size = 2 ** 20;
/** Ports of NodePort Services. */
export const nodePorts = { first: 30_000, last: 32_767 };

/**
 * Dynamic allocation begins above a band that stays free for addresses and ports chosen by hand while there is
 * room (KEP-3070, KEP-3668).
 */
const staticAddresses = 256;
const staticPorts = 86;

const toNumber = (ip: string) => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const toText = (ip: number) => [ip >>> 24, (ip >>> 16) & 255, (ip >>> 8) & 255, ip & 255].join('.');

/** Whether an IPv4 address lies in the Service range; its first and last address count as outside. */
export function inServiceRange(ip: string): boolean {
  const offset = toNumber(ip) - network;
  return offset > 0 && offset < size - 1;
}

const sameService = (a: Service, b: Service) =>
  a.metadata?.name === b.metadata?.name && a.metadata?.namespace === b.metadata?.namespace;

const others = (service: Service, context: StrategyContext) =>
  context.listAll(services).filter((other) => !sameService(other, service));

export function takenAddresses(service: Service, context: StrategyContext): Set<string> {
  return new Set(others(service, context).flatMap((other) => other.spec?.clusterIPs ?? []));
}

/** Taken node ports as `port/protocol`; health check ports are taken for every protocol. */
function takenPorts(service: Service, context: StrategyContext): Set<number> {
  const taken = new Set<number>();
  for (const other of others(service, context)) for (const port of portsOf(other)) taken.add(port);
  return taken;
}

export const portsOf = (service: Service): number[] => [
  ...(service.spec?.ports ?? []).flatMap((port) => (port.nodePort ? [port.nodePort] : [])),
  ...(service.spec?.healthCheckNodePort ? [service.spec.healthCheckNodePort] : []),
];

export const isPortTaken = (port: number, service: Service, context: StrategyContext) =>
  takenPorts(service, context).has(port);

function pick(low: number, high: number, isTaken: (n: number) => boolean): number | undefined {
  const count = high - low;
  if (count <= 0) return undefined;
  const start = randomInt(count);
  for (let i = 0; i < count; i++) {
    const candidate = low + ((start + i) % count);
    if (!isTaken(candidate)) return candidate;
  }
  return undefined;
}

function freeAddress(taken: ReadonlySet<string>): string | undefined {
  const isTaken = (offset: number) => taken.has(toText(network + offset));
  const offset = pick(staticAddresses, size - 1, isTaken) ?? pick(1, staticAddresses, isTaken);
  return offset === undefined ? undefined : toText(network + offset);
}

function freePort(taken: ReadonlySet<number>): number | undefined {
  const isTaken = (port: number) => taken.has(port);
  const dynamic = nodePorts.first + staticPorts;
  return pick(dynamic, nodePorts.last + 1, isTaken) ?? pick(nodePorts.first, dynamic, isTaken);
}

const needsNodePorts = (service: Service) =>
  service.spec?.type === 'NodePort' ||
  (service.spec?.type === 'LoadBalancer' && service.spec.allocateLoadBalancerNodePorts !== false);

export const needsHealthCheckPort = (service: Service) =>
  service.spec?.type === 'LoadBalancer' && service.spec.externalTrafficPolicy === 'Local';

/** Fills in a cluster IP and node ports where the Service needs them and has none. */
export function allocate(service: Service, context: StrategyContext): void {
  const spec = service.spec;
  if (spec === undefined || spec.type === 'ExternalName') return;
  if ((spec.clusterIPs ?? []).length === 0) {
    const ip = spec.clusterIP || freeAddress(takenAddresses(service, context));
    if (ip !== undefined) {
      spec.clusterIP = ip;
      spec.clusterIPs = [ip];
    }
  }
  allocatePorts(service, context);
}

function allocatePorts(service: Service, context: StrategyContext): void {
  const spec = service.spec;
  if (spec === undefined) return;
  const ports = needsNodePorts(service) ? (spec.ports ?? []) : [];
  const missing = ports.filter((port) => !port.nodePort);
  const health = needsHealthCheckPort(service) && !spec.healthCheckNodePort;
  if (missing.length === 0 && !health) return;
  const taken = takenPorts(service, context);
  for (const port of portsOf(service)) taken.add(port);
  for (const port of missing) {
    // TCP and UDP of the same port number share a node port, as DNS wants it.
    const twin = ports.find((p) => p.port === port.port && p.protocol !== port.protocol && p.nodePort);
    const found = twin?.nodePort ?? freePort(taken);
    if (found === undefined) continue;
    port.nodePort = found;
    taken.add(found);
  }
  if (health) spec.healthCheckNodePort = freePort(taken);
}

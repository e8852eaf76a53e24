import type { EndpointAddress, EndpointPort, EndpointSubset } from '../../../kube/api.gen.ts';

/** One address with one of its ports. No port: a headless Service without any. */
export interface Placement {
  address: EndpointAddress;
  port: EndpointPort | undefined;
  ready: boolean;
}

interface Member {
  address: EndpointAddress;
  ready: boolean;
}

/** Groups placements so that addresses with the same ports share a subset, in kube-controller-manager's order. */
export function packSubsets(placements: readonly Placement[]): EndpointSubset[] {
  const byPort = new Map<string, { port: EndpointPort | undefined; members: Map<string, Member> }>();
  for (const { address, port, ready } of placements) {
    const key = port ? dumpPort(port) : '';
    const entry = byPort.get(key) ?? { port, members: new Map<string, Member>() };
    const id = addressKey(address);
    // Not ready trumps ready.
    if (!ready || !entry.members.has(id)) entry.members.set(id, { address, ready });
    byPort.set(key, entry);
  }
  const byMembers = new Map<string, { ports: EndpointPort[]; members: Member[] }>();
  for (const { port, members } of byPort.values()) {
    const key = JSON.stringify([...members].map(([id, { ready }]) => [id, ready]).sort());
    const entry = byMembers.get(key) ?? { ports: [], members: [...members.values()] };
    if (port) entry.ports.push(port);
    byMembers.set(key, entry);
  }
  return [...byMembers.values()].map(subsetOf);
}

function subsetOf({ ports, members }: { ports: EndpointPort[]; members: Member[] }): EndpointSubset {
  const of = (ready: boolean) =>
    members
      .filter((member) => member.ready === ready)
      .map(({ address }) => address)
      .sort((a, b) => (addressKey(a) < addressKey(b) ? -1 : 1));
  const [addresses, notReadyAddresses] = [of(true), of(false)];
  return {
    ...(addresses.length > 0 && { addresses }),
    ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
    ...(ports.length > 0 && { ports: ports.sort((a, b) => (portHash(a) < portHash(b) ? -1 : 1)) }),
  };
}

function addressKey({ ip, targetRef }: EndpointAddress): string {
  return `${ip} ${targetRef?.uid ?? ''}`;
}

/** Ports are in the order of a hash (FNV-128a) of their Go value as go-spew prints it (as recorded for kube-dns). */
function portHash(port: EndpointPort): bigint {
  let hash = 0x6c62272e07bb014262b821756295c58dn;
  for (const byte of Buffer.from(dumpPort(port))) {
    hash = BigInt.asUintN(128, (hash ^ BigInt(byte)) * 0x1000000000000000000013bn);
  }
  return hash;
}

function dumpPort({ name = '', port, protocol = 'TCP', appProtocol }: EndpointPort): string {
  const app = `(*string)${appProtocol ?? '<nil>'}`;
  return `(v1.EndpointPort){Name:(string)${name} Port:(int32)${port} Protocol:(v1.Protocol)${protocol} AppProtocol:${app}}`;
}

import type { EndpointSlice, Endpoints } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { age, none } from './common.ts';

/** The first `limit` entries, and how many more there are. */
function shortened(entries: readonly string[], limit: number, total = entries.length): string {
  const text = entries.slice(0, limit).join(',');
  return total > limit ? `${text} + ${total - limit} more...` : text;
}

function bracketed(ip: string): string {
  return ip.includes(':') ? `[${ip}]` : ip;
}

function addresses(endpoints: Endpoints): string {
  const subsets = endpoints.subsets ?? [];
  if (subsets.length === 0) return none;
  const all = subsets.flatMap((subset) => {
    const ready = subset.addresses ?? [];
    const ports = subset.ports ?? [];
    if (ports.length === 0) return ready.map((a) => a.ip);
    return ports.flatMap((port) => ready.map((a) => `${bracketed(a.ip)}:${port.port}`));
  });
  return all.length === 0 ? '' : shortened(all, 3);
}

export function endpointsCells(endpoints: Stored<Endpoints>, now: number): unknown[] {
  return [endpoints.metadata.name, addresses(endpoints), age(endpoints.metadata.creationTimestamp, now)];
}

export function endpointSliceCells(slice: Stored<EndpointSlice>, now: number): unknown[] {
  const ports = (slice.ports ?? []).map((p) => (p.port !== undefined ? String(p.port) : p.name || '*'));
  const all = (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
  return [
    slice.metadata.name,
    slice.addressType,
    ports.length === 0 ? '<unset>' : shortened(ports, 3),
    all.length === 0 ? '<unset>' : shortened(all, 3),
    age(slice.metadata.creationTimestamp, now),
  ];
}

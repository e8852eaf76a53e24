/** How endpoints are spread over EndpointSlices: full ones are left alone, few are written. */
import type { DiscoveryV1EndpointPort, Endpoint, EndpointSlice, ObjectMeta } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { sameJson } from '../../errors/field.ts';

const slicesHold = 100;

/** Endpoints that share their ports. */
export interface SliceGroup {
  addressType: string;
  ports: DiscoveryV1EndpointPort[];
  endpoints: Endpoint[];
}

/** What all slices of one owner have in common. */
export interface SliceFrame {
  /** Of new slices: generateName, namespace, labels, annotations, ownerReferences. Old ones get the labels. */
  metadata: ObjectMeta;
  /** Whether there is a slice without endpoints where there would be none. */
  placeholder: boolean;
}

export interface SlicePlan {
  create: EndpointSlice[];
  update: Stored<EndpointSlice>[];
  remove: Stored<EndpointSlice>[];
}

/** The writes that bring the `existing` slices of one address type to hold exactly the endpoints of `groups`. */
export function planSlices(
  frame: SliceFrame,
  addressType: string,
  existing: readonly Stored<EndpointSlice>[],
  groups: readonly SliceGroup[],
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const byPorts = new Map(groups.map((group) => [portsKey(group.ports), group]));
  const left = new Map<string, Stored<EndpointSlice>[]>();
  for (const slice of existing) {
    const key = portsKey(slice.ports ?? []);
    if (!byPorts.has(key)) plan.remove.push(slice);
    else left.set(key, [...(left.get(key) ?? []), slice]);
  }
  for (const [key, group] of byPorts) planGroup(frame, group, left.get(key) ?? [], plan);
  if (frame.placeholder && plan.create.length === 0 && plan.remove.length === existing.length) {
    const [kept] = plan.remove;
    const empty = kept && plan.remove.length === 1 && !kept.endpoints?.length && !kept.ports?.length;
    if (empty && sameLabels(kept, frame)) plan.remove = [];
    else plan.create.push(newSlice(frame, { addressType, ports: [], endpoints: [] }));
  }
  recycle(plan);
  return plan;
}

function planGroup(frame: SliceFrame, group: SliceGroup, slices: readonly Stored<EndpointSlice>[], plan: SlicePlan) {
  const wanted = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const drafts = slices.map((slice) => {
    const kept = (slice.endpoints ?? []).flatMap((endpoint) => {
      const key = endpointKey(endpoint);
      const now = wanted.get(key);
      wanted.delete(key);
      return now ?? [];
    });
    return { slice, endpoints: kept, changed: !sameJson(kept, slice.endpoints) };
  });
  // New endpoints go where a write is needed anyway, then where there is room for all of them.
  const rest = [...wanted.values()];
  for (const draft of drafts) {
    if (draft.changed) draft.endpoints.push(...rest.splice(0, slicesHold - draft.endpoints.length));
  }
  if (rest.length > 0) {
    const room = drafts
      .filter((draft) => draft.endpoints.length > 0 && draft.endpoints.length + rest.length <= slicesHold)
      .sort((a, b) => b.endpoints.length - a.endpoints.length)[0];
    if (room) Object.assign(room, { endpoints: [...room.endpoints, ...rest.splice(0)], changed: true });
  }
  while (rest.length > 0) plan.create.push(newSlice(frame, { ...group, endpoints: rest.splice(0, slicesHold) }));
  for (const { slice, endpoints, changed } of drafts) {
    if (endpoints.length === 0) plan.remove.push(slice);
    else if (changed || !sameLabels(slice, frame)) {
      const labels = frame.metadata.labels ?? {};
      plan.update.push({ ...slice, metadata: { ...slice.metadata, labels }, endpoints });
    }
  }
}

/** A slice that would go becomes one that would be made. */
function recycle(plan: SlicePlan): void {
  while (plan.create.length > 0 && plan.remove.length > 0) {
    const made = plan.create.pop();
    const old = plan.remove.shift();
    if (!made || !old) return;
    const { labels, ownerReferences } = made.metadata ?? {};
    plan.update.push({ ...made, metadata: { ...old.metadata, labels, ownerReferences } });
  }
}

function newSlice({ metadata }: SliceFrame, { addressType, ports, endpoints }: SliceGroup): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: structuredClone(metadata),
    addressType,
    // Empty lists are nil in Go; on their way to the server they get lost.
    ...((endpoints.length > 0 && { endpoints }) as { endpoints: Endpoint[] }),
    ...(ports.length > 0 && { ports }),
  };
}

/** Labels that somebody added to a slice stay until the next write. */
function sameLabels({ metadata }: EndpointSlice, frame: SliceFrame): boolean {
  return Object.entries(frame.metadata.labels ?? {}).every(([key, value]) => metadata?.labels?.[key] === value);
}

export function portsKey(ports: readonly DiscoveryV1EndpointPort[]): string {
  return ports
    .map((p) => JSON.stringify([p.name ?? '', p.port, p.protocol, p.appProtocol]))
    .sort()
    .join();
}

/** What makes two endpoints the same one, whatever their state. */
function endpointKey({ addresses, hostname, targetRef }: Endpoint): string {
  return JSON.stringify([[...addresses].sort(), hostname, targetRef?.namespace, targetRef?.name]);
}

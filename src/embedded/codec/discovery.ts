/** Discovery: which groups, versions, resources and subresources there are, in its old and its aggregated form. */
import { createHash } from 'node:crypto';
import { apiVersionOf } from '../../kube/meta.ts';
import type { ResourceDefinition, Subresource } from '../definition.ts';
import { findFacts, groupOrder } from './facts.ts';

type Definitions = readonly ResourceDefinition[];
const everyVerb = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** A group that another server serves. */
export interface RemoteGroup {
  group: string;
  /** The preferred one first; `resources` as aggregated discovery lists them. */
  versions: { version: string; resources: Record<string, unknown>[]; freshness: 'Current' | 'Stale' }[];
}

interface GroupVersions {
  group: string;
  /** The preferred one first. */
  versions: string[];
}

/** The groups that have a definition: the recorded ones in their recorded order, others after them by name. */
export function groupsOf(definitions: Definitions): GroupVersions[] {
  const found = new Map<string, Set<string>>();
  for (const { group, version } of definitions) found.set(group, (found.get(group) ?? new Set()).add(version));
  const ordered = groupOrder().flatMap(([group, versions]) => {
    const present = versions.filter((version) => found.get(group)?.has(version));
    return present.length > 0 ? [{ group, versions: present }] : [];
  });
  const known = new Set(ordered.map(({ group }) => group));
  const others = [...found].filter(([group]) => !known.has(group)).sort(([a], [b]) => (a < b ? -1 : 1));
  return [...ordered, ...others.map(([group, versions]) => ({ group, versions: [...versions].sort(compareVersions) }))];
}

/** Kubernetes' order of versions, the newest stable one first: v2, v1, v2beta1, v1alpha3, then all else by name. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [rankOf(a), rankOf(b)];
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : 1;
  return right[0] - left[0] || right[1] - left[1] || right[2] - left[2];
}

/** GA, beta or alpha; major; minor. */
function rankOf(version: string): [number, number, number] | undefined {
  const [, major, stage, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  if (major === undefined) return undefined;
  return [stage === undefined ? 2 : stage === 'beta' ? 1 : 0, Number(major), Number(minor ?? 0)];
}

function resourcesOf(definitions: Definitions, group: string, version: string): ResourceDefinition[] {
  return definitions
    .filter((d) => d.group === group && d.version === version)
    .sort((a, b) => (a.resource < b.resource ? -1 : 1));
}

function subresourcesOf(definition: ResourceDefinition): [string, Subresource][] {
  const entries = Object.entries(definition.subresources ?? {});
  return definition.custom ? entries : entries.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The kind that a subresource shows; group and version only where they are not the resource's own. */
function responseKind(definition: ResourceDefinition, subresource?: Subresource) {
  const { group, version, kind } = subresource?.groupVersionKind ?? definition;
  const foreign = group !== definition.group || version !== definition.version;
  return { group: foreign ? group : '', version: foreign ? version : '', kind };
}

/** `application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`, or the same for another media type. */
export function aggregatedDiscoveryType(mediaType = 'application/json', version = 'v2'): string {
  return `${mediaType};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
}

/**
 * The APIGroupDiscoveryList of `/api` (the core group) or `/apis` (all others).
 * @param version of apidiscovery.k8s.io: `v2`, or `v2beta1` for kubectl 1.29
 */
export function aggregatedDiscovery(
  definitions: Definitions,
  root: 'api' | 'apis',
  version: 'v2' | 'v2beta1' = 'v2',
  remote: readonly RemoteGroup[] = [],
): Record<string, unknown> {
  const groups = groupsOf(definitions).filter(({ group }) => (group === '') === (root === 'api'));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: [
      ...groups.map(({ group, versions }) => ({
        metadata: group === '' ? {} : { name: group },
        versions: versions.map((v) => ({
          version: v,
          resources: resourcesOf(definitions, group, v).map(discovered),
          freshness: 'Current',
        })),
      })),
      ...(root === 'api' ? [] : remote).map(({ group, versions }) => ({ metadata: { name: group }, versions })),
    ],
  };
}

/** Aggregated discovery names the kinds of custom resources in full. */
function discoveredKind(definition: ResourceDefinition, subresource?: Subresource) {
  if (!definition.custom) return responseKind(definition, subresource);
  const { group, version, kind } = subresource?.groupVersionKind ?? definition;
  return { group, version, kind };
}

const verbsOf = (definition: ResourceDefinition) => [
  ...(definition.custom?.discoveredVerbs ?? definition.verbs ?? everyVerb),
];

function discovered(definition: ResourceDefinition): Record<string, unknown> {
  const subresources = subresourcesOf(definition).map(([subresource, about]) => ({
    subresource,
    responseKind: discoveredKind(definition, about),
    verbs: [...about.verbs],
  }));
  return {
    resource: definition.resource,
    responseKind: discoveredKind(definition),
    scope: definition.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: definition.singular,
    verbs: verbsOf(definition),
    ...(definition.shortNames?.length && { shortNames: [...definition.shortNames] }),
    ...(definition.categories?.length && { categories: [...definition.categories] }),
    ...(subresources.length > 0 && { subresources }),
  };
}

/** The APIVersions of `/api`. @param serverAddress host and port, as clients reach the server */
export function apiVersions(serverAddress: string): Record<string, unknown> {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

function group({ group: name, versions }: GroupVersions): Record<string, unknown> {
  const named = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: named, preferredVersion: named[0] };
}

/** The APIGroupList of `/apis`. */
export function groupList(definitions: Definitions, remote: readonly RemoteGroup[] = []): Record<string, unknown> {
  const groups = [...groupsOf(definitions).filter((g) => g.group !== ''), ...remote.map(withVersionNames)];
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(group) };
}

const withVersionNames = ({ group: name, versions }: RemoteGroup): GroupVersions => ({
  group: name,
  versions: versions.map(({ version }) => version),
});

/** The APIGroup of `/apis/<group>`; undefined if nothing is defined in it. */
export function groupDiscovery(
  definitions: Definitions,
  name: string,
  remote: readonly RemoteGroup[] = [],
): Record<string, unknown> | undefined {
  const found = [...groupsOf(definitions), ...remote.map(withVersionNames)].find(
    (g) => g.group === name && name !== '',
  );
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...group(found) };
}

/** The APIResourceList of `/api/v1` or `/apis/<group>/<version>`; undefined if nothing is defined there. */
export function resourceList(
  definitions: Definitions,
  groupName: string,
  version: string,
): Record<string, unknown> | undefined {
  const resources = resourcesOf(definitions, groupName, version);
  if (resources.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    // The core group's document is older than the field.
    ...(groupName !== '' && { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group: groupName, version }),
    resources: resources.flatMap((definition) => [
      listed(definition),
      ...subresourcesOf(definition).map(([name, about]) => listedSubresource(definition, name, about)),
    ]),
  };
}

function listed(definition: ResourceDefinition): Record<string, unknown> {
  const hash = storageVersionHash(definition);
  return {
    name: definition.resource,
    singularName: definition.singular,
    namespaced: definition.namespaced,
    kind: definition.kind,
    verbs: verbsOf(definition),
    ...(definition.shortNames?.length && { shortNames: [...definition.shortNames] }),
    ...(definition.categories?.length && { categories: [...definition.categories] }),
    ...(hash && { storageVersionHash: hash }),
  };
}

function listedSubresource(definition: ResourceDefinition, name: string, about: Subresource): Record<string, unknown> {
  const { group: kindGroup, version, kind } = responseKind(definition, about);
  return {
    name: `${definition.resource}/${name}`,
    singularName: '',
    namespaced: definition.namespaced,
    ...(kindGroup !== '' && { group: kindGroup }),
    ...(version !== '' && { version }),
    kind,
    verbs: [...about.verbs],
  };
}

/** Recorded for what is built in; of custom resources a digest of group, version and kind, as apiextensions makes it. */
function storageVersionHash(definition: ResourceDefinition): string | undefined {
  const facts = findFacts(definition.group, definition.version, definition.resource);
  if (facts) return facts.storageVersionHash;
  const { group: storedGroup, version, kind } = definition.storedAs ?? definition;
  const digest = createHash('sha256').update(`${storedGroup}/${version}/${kind}`).digest();
  return digest.subarray(0, 8).toString('base64');
}

import { ownValue } from '../../kernel/own.ts';
import type { Column, Subresource } from '../definition.ts';
import { resourceFacts } from '../generated/facts.gen.ts';

/** What a v1.35 API server was recorded to publish of one resource. */
export interface ResourceFacts {
  kind: string;
  namespaced: boolean;
  singular: string;
  shortNames?: readonly string[];
  categories?: readonly string[];
  verbs: readonly string[];
  /** OpenAPI name of the kind. */
  schema: string;
  /** As legacy discovery shows it; reviews have none. */
  storageVersionHash?: string;
  /** DELETE answers with the object, not with a Status. */
  returnsDeleted?: true;
  /** `groupVersionKind` only where a subresource has another kind than the resource. */
  subresources: Readonly<Record<string, Subresource>>;
  /** Of its Tables; undefined: name and creation time only. */
  columns?: readonly Column[];
}

const parsed = new Map<string, Readonly<Record<string, ResourceFacts>>>();

function ofGroupVersion(groupVersion: string): Readonly<Record<string, ResourceFacts>> | undefined {
  const known = parsed.get(groupVersion);
  if (known) return known;
  const text = groupVersion === '' ? undefined : ownValue(resourceFacts, groupVersion);
  if (text === undefined) return undefined;
  const facts = JSON.parse(text) as Record<string, ResourceFacts>;
  parsed.set(groupVersion, facts);
  return facts;
}

/**
 * The recorded facts of a built-in resource: names, scope, verbs, subresources, table columns, schema name.
 * @throws if the recorded server does not serve it
 */
export function factsOf(group: string, version: string, resource: string): ResourceFacts {
  const facts = findFacts(group, version, resource);
  if (!facts) throw new Error(`no recorded facts of ${resource} in ${group || 'core'}/${version}`);
  return facts;
}

/** As `factsOf`, undefined for resources of others (custom resources). */
export function findFacts(group: string, version: string, resource: string): ResourceFacts | undefined {
  return ownValue(ofGroupVersion(group === '' ? version : `${group}/${version}`), resource);
}

/** The groups in the order in which the recorded server lists them, each with its versions, the preferred one first. */
export function groupOrder(): readonly (readonly [group: string, versions: readonly string[]])[] {
  order ??= JSON.parse(resourceFacts[''] ?? '[]') as [string, string[]][];
  return order;
}
let order: [string, string[]][] | undefined;

/** Whether Kubernetes' scheme knows the kind in a version that this server does not serve (`apps/v1beta1`). */
export function isUnservedKind(apiVersion: string, kind: string): boolean {
  unserved ??= JSON.parse(resourceFacts.unserved ?? '{}') as Record<string, string[]>;
  return ownValue(unserved, apiVersion)?.includes(kind) ?? false;
}
let unserved: Record<string, string[]> | undefined;

/** The group versions in which DeleteOptions and WatchEvent are registered, as OpenAPI documents list them. */
export function metaGroupVersions(): readonly (readonly [group: string, version: string])[] {
  return JSON.parse(resourceFacts.metaGroupVersions ?? '[]') as [string, string][];
}

/** The names of the recorded resources of a group version. */
export function resourcesOf(group: string, version: string): string[] {
  return Object.keys(ofGroupVersion(group === '' ? version : `${group}/${version}`) ?? {});
}

import { readFile } from 'node:fs/promises';
import { EnvironmentError } from '../../kernel/errors.ts';
import { replaceFile } from '../../kernel/files.ts';
import type { OwnerReference } from '../../kube/api.gen.ts';
import { isNotFound, type KubeClient, KubeError, pathOf } from '../../kube/client.ts';
import { apiVersionOf, groupResource, type KubeList, type Resource, type Stored } from '../../kube/meta.ts';
import { servedResources } from './discovery.ts';
import { roleOf } from './roles.ts';

/** Every object of a cluster at one moment, but for what only the cluster itself writes; plain JSON. */
export interface Inventory {
  version: 1;
  resources: Resource[];
  objects: InventoryObject[];
  /** What could not be seen, so that nothing is said of it: `secrets`, `secrets in web`, or a silent `metrics.k8s.io/v1`. */
  unseen: string[];
}

export interface InventoryObject {
  resource: Resource;
  object: Stored;
}

export interface CaptureOptions {
  client: KubeClient;
  /** Where to look if our rights end at namespaces. */
  namespaces?: readonly string[];
  signal?: AbortSignal;
}

/** Few enough not to run into the server's own limits for one client. */
const listsAtOnce = 8;
const pageSize = 500;

/**
 * Reads everything there is. What may not be listed is noted as unseen; any other failure rejects with a KubeError or an
 * EnvironmentError, since half an inventory would make a reset delete the other half.
 */
export async function captureInventory(options: CaptureOptions): Promise<Inventory> {
  const { resources, silent } = await servedResources(options.client);
  const inventory: Inventory = { version: 1, resources, objects: [], unseen: silent };
  const left = [...resources];
  const worker = async () => {
    for (let resource = left.shift(); resource; resource = left.shift())
      await addResource(inventory, resource, options);
  };
  await Promise.all(Array.from({ length: listsAtOnce }, worker));
  return inventory;
}

/** An inventory of objects that were all seen. */
export function inventoryOf(objects: readonly InventoryObject[]): Inventory {
  const resources = [...new Set(objects.map(({ resource }) => resource))];
  const inventory: Inventory = { version: 1, resources, objects: [], unseen: [] };
  for (const { resource, object } of objects) add(inventory, resource, object);
  return inventory;
}

/** Finds objects of an inventory by what they are called. */
export function indexOf(inventory: Inventory): Map<string, InventoryObject> {
  return new Map(inventory.objects.map((entry) => [keyOf(entry.resource, entry.object), entry]));
}

/** Whether an inventory says nothing of these objects. */
export function isUnseenIn(inventory: Inventory, resource: Resource, namespace: string | undefined): boolean {
  const type = groupResource(resource);
  return inventory.unseen.some(
    (hidden) =>
      hidden === type || hidden === `${type} in ${namespace}` || hidden === `${resource.group}/${resource.version}`,
  );
}

/** `pods/default/web`; without the version, which may change between two looks. */
export function keyOf(resource: Pick<Resource, 'group' | 'resource'>, { metadata }: Stored): string {
  return `${groupResource(resource)}/${metadata.namespace ?? ''}/${metadata.name}`;
}

/** All resources of these inventories by `<group>/<kind>`. */
export function resourcesByKind(...inventories: Inventory[]): Map<string, Resource> {
  return new Map(inventories.flatMap((i) => i.resources).map((r) => [`${r.group}/${r.kind}`, r]));
}

/** The key of the owner of an object in `namespace`. */
export function keyOfOwner(
  { apiVersion, kind, name }: OwnerReference,
  namespace: string | undefined,
  types: Map<string, Resource>,
): string {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  const resource = types.get(`${group}/${kind}`);
  if (!resource) return `${kind}.${group}//${name}`;
  return `${groupResource(resource)}/${resource.namespaced ? (namespace ?? '') : ''}/${name}`;
}

/** Writes an inventory so that a crash leaves the old one or the new one; mode 0600, since Secrets are in it. */
export async function saveInventory(file: string, inventory: Inventory): Promise<void> {
  await replaceFile(file, JSON.stringify(inventory));
}

/** Undefined if there is none. Rejects with an EnvironmentError for a damaged file. */
export async function loadInventory(file: string): Promise<Inventory | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Inventory;
  } catch (cause) {
    throw new EnvironmentError({ what: `the inventory ${file} is damaged`, why: (cause as Error).message }, { cause });
  }
}

async function addResource(inventory: Inventory, resource: Resource, options: CaptureOptions): Promise<void> {
  const { client, namespaces = [], signal } = options;
  try {
    for (const object of await listAll(client, resource, undefined, signal)) add(inventory, resource, object);
    return;
  } catch (error) {
    // It went away between discovery and list.
    if (isNotFound(error)) return;
    if (!isHidden(error)) throw error;
  }
  if (!resource.namespaced || namespaces.length === 0) inventory.unseen.push(groupResource(resource));
  for (const namespace of resource.namespaced ? namespaces : []) {
    try {
      for (const object of await listAll(client, resource, namespace, signal)) add(inventory, resource, object);
    } catch (error) {
      if (!isHidden(error)) throw error;
      inventory.unseen.push(`${groupResource(resource)} in ${namespace}`);
    }
  }
}

function add(inventory: Inventory, resource: Resource, object: Stored): void {
  if (roleOf(resource, object) === 'machinery') return;
  const { managedFields, ...metadata } = object.metadata;
  // Only of Pods they tell something that nothing else does: whether their author chose the node.
  const kept = resource.resource === 'pods' && managedFields ? { ...metadata, managedFields } : metadata;
  inventory.objects.push({ resource, object: { ...object, metadata: kept } });
}

async function listAll(
  client: KubeClient,
  resource: Resource,
  namespace: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Stored[]> {
  const objects: Stored[] = [];
  let next: string | undefined;
  do {
    const page: KubeList<Stored> = await client.request('GET', pathOf(resource, namespace), {
      query: { limit: pageSize, continue: next },
      ...(signal && { signal }),
    });
    for (const item of page.items) {
      objects.push(Object.assign(item, { apiVersion: apiVersionOf(resource), kind: resource.kind }));
    }
    next = page.metadata.continue || undefined;
  } while (next);
  return objects;
}

/** We may not (403), or the extension server behind it does not answer (503). */
function isHidden(error: unknown): boolean {
  return error instanceof KubeError && (error.code === 403 || error.code === 503);
}

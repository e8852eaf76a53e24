import { EnvironmentError } from '../../kernel/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Resource } from '../../kube/meta.ts';

/** The aggregated form (KEP-3352), of which Kubernetes 1.27 to 1.29 know only the beta. */
const aggregated = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(', ');

interface GroupList {
  kind?: string;
  items?: {
    metadata?: { name?: string };
    versions?: {
      version: string;
      /** `Stale`: the extension server of this group does not answer. */
      freshness?: string;
      resources?: { resource: string; responseKind?: { kind: string }; scope: string; verbs: string[] }[];
    }[];
  }[];
}

/** What a cluster serves that can be listed, created and deleted; each resource once, in its group's preferred version. */
export interface Served {
  resources: Resource[];
  /** Group versions whose extension server does not answer: what they hold can't be seen. */
  silent: string[];
}

/** Asks a cluster for all resources that an inventory has to hold. Rejects with an EnvironmentError for a server before 1.27. */
export async function servedResources(client: KubeClient): Promise<Served> {
  const served: Served = { resources: [], silent: [] };
  for (const path of ['/api', '/apis']) {
    const list = await client.request<GroupList>('GET', path, { accept: `${aggregated}, application/json` });
    if (list.kind !== 'APIGroupDiscoveryList') {
      throw new EnvironmentError({
        what: `the cluster at ${client.server} is too old`,
        why: 'its discovery is not aggregated, as it is since Kubernetes 1.27',
        next: 'use a cluster of Kubernetes 1.27 or newer',
      });
    }
    for (const item of list.items ?? []) addGroup(served, item);
  }
  return served;
}

function addGroup(served: Served, item: NonNullable<GroupList['items']>[number]): void {
  const group = item.metadata?.name ?? '';
  const seen = new Set<string>();
  for (const { version, freshness, resources = [] } of item.versions ?? []) {
    if (freshness === 'Stale') served.silent.push(`${group}/${version}`);
    for (const { resource, responseKind, scope, verbs } of resources) {
      if (seen.has(resource) || !['list', 'create', 'delete'].every((verb) => verbs.includes(verb))) continue;
      seen.add(resource);
      const kind = responseKind?.kind ?? '';
      served.resources.push({ group, version, resource, kind, namespaced: scope === 'Namespaced' });
    }
  }
}

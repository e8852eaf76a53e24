import { typeOfCheck } from '../checks/registry.ts';
import type { Need } from '../checks/types.ts';
import { addonObjects } from '../cluster/addons/install.ts';
import type { ClusterRight, ClusterSpec } from '../cluster/provider.ts';
import type { KubeObject, Resource } from '../kube/meta.ts';
import * as resources from '../kube/resources.ts';
import { conditionsOf, type Scenario } from '../scenario/types.ts';
import { readManifest } from '../scenario/yaml-text.ts';

/** What a scenario needs of its cluster: nodes, images, namespaces, and the rights of whoever sets up and grades. */
export function needsOf(scenario: Scenario): Omit<ClusterSpec, 'name'> {
  const objects = scenario.setup.flatMap((script) =>
    script.kind === 'manifest' ? readManifest(script.file, script.text) : [],
  );
  return {
    nodes: scenario.cluster.nodes,
    images: [...new Set(objects.flatMap((object) => imagesIn(object)))],
    namespaces: scenario.namespaces,
    rights: uniqueRights([...addonRights(scenario), ...setupRights(objects), ...checkRights(scenario)]),
  };
}

/** Images of all containers, wherever the Pod's template lies. */
function imagesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(imagesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    /^(init|ephemeral)?containers$/i.test(key) && Array.isArray(inner)
      ? inner.flatMap((container: { image?: unknown }) =>
          typeof container.image === 'string' ? [container.image] : [],
        )
      : imagesIn(inner),
  );
}

const byKind = new Map<string, Resource>(
  Object.values(resources).map((resource: Resource) => [`${resource.group}/${resource.kind}`, resource]),
);

/** Set-up creates, a reset brings back. Kinds that we don't know by name are found out when they are created. */
function setupRights(objects: readonly KubeObject[]): ClusterRight[] {
  return objects.flatMap((object) => {
    const [version, group = ''] = (object.apiVersion ?? '').split('/').reverse();
    const resource = version ? byKind.get(`${group}/${object.kind}`) : undefined;
    if (!resource) return [];
    const namespace = resource.namespaced ? object.metadata?.namespace : undefined;
    return ['get', 'list', 'create', 'update', 'patch', 'delete'].map((verb) => rightOf(verb, resource, namespace));
  });
}

function addonRights({ cluster }: Scenario): ClusterRight[] {
  return cluster.addons.flatMap(addonObjects).flatMap(({ resource, object }) => {
    const namespace = object.metadata?.namespace;
    const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
    return verbs.map((verb) => rightOf(verb, resource, namespace));
  });
}

/** Grading follows what the checks look at. */
function checkRights(scenario: Scenario): ClusterRight[] {
  const { waits, namespaces } = scenario;
  const checks = [...scenario.checks, ...conditionsOf(scenario)];
  const needs = [...checks, ...waits].flatMap((check) => typeOfCheck(check).needs(check.spec));
  const rights = needs.flatMap((need) => (need.kind === 'resource' && need.optional ? [] : needRights(need)));
  // A reset looks after Pods whatever the scenario is about.
  const pods = namespaces.map((namespace) => rightOf('delete', resources.pods, namespace));
  return [...rights, ...pods];
}

function needRights(need: Need): ClusterRight[] {
  switch (need.kind) {
    case 'resource':
      return ['get', 'list', 'watch'].map((verb) => rightOf(verb, need.resource, need.namespace));
    case 'logs':
      return [{ verb: 'get', group: '', resource: 'pods/log', namespace: need.workload.namespace }];
    case 'exec':
      // A WebSocket is a GET; newer servers ask for create all the same (KEP-4006).
      return ['get', 'create'].map((verb) => ({ verb, group: '', resource: 'pods/exec', namespace: need.namespace }));
    case 'answer':
      return [];
    case 'review':
      return [{ verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' }];
  }
}

function rightOf(verb: string, { group, resource, namespaced }: Resource, namespace: string | undefined): ClusterRight {
  return { verb, group, resource, ...(namespaced && namespace ? { namespace } : {}) };
}

function uniqueRights(rights: ClusterRight[]): ClusterRight[] {
  return [...new Map(rights.map((right) => [JSON.stringify(right), right])).values()];
}

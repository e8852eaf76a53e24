import { EnvironmentError } from '../../kernel/errors.ts';
import { type KubeClient, KubeError } from '../../kube/client.ts';
import type { KubeObject, Resource, Stored } from '../../kube/meta.ts';
import { apiServices, customResourceDefinitions, deployments } from '../../kube/resources.ts';
import { gatewayApi } from './gateway-api/index.ts';
import { ingressNginx } from './ingress-nginx/index.ts';
import { metricsServer } from './metrics-server/index.ts';
import type { AddonName } from './names.ts';
import { nginxGatewayFabric } from './nginx-gateway-fabric/index.ts';
import { type AddonObject, addonObject } from './objects.ts';

/** The objects that each addon consists of. */
const addons: Readonly<Record<AddonName, readonly AddonObject[]>> = {
  'gateway-api': gatewayApi.map((definition) => addonObject(customResourceDefinitions, definition)),
  'ingress-nginx': ingressNginx,
  'metrics-server': metricsServer,
  'nginx-gateway-fabric': nginxGatewayFabric,
};

export const addonObjects = (name: AddonName): readonly AddonObject[] => addons[name];

/** What tells that an object works, and how long that may take, seconds: an image may have to be pulled. */
const conditions: readonly { resource: Resource; type: string; patience: number; trouble: string }[] = [
  { resource: customResourceDefinitions, type: 'Established', patience: 30, trouble: 'NamesAccepted' },
  { resource: deployments, type: 'Available', patience: 180, trouble: 'Available' },
  { resource: apiServices, type: 'Available', patience: 60, trouble: 'Available' },
];

/**
 * Makes what is missing of an addon, on any cluster, and resolves when its kinds are served and its Pods run; what is
 * there stays as it is. Rejects with a KubeError if the cluster refuses, with an EnvironmentError if it never works.
 */
export async function installAddon(client: KubeClient, name: AddonName, signal: AbortSignal): Promise<void> {
  for (const part of parts(addons[name])) {
    for (const { resource, object } of part) await create(client, resource, object);
    await Promise.all(part.map((one) => working(client, one, signal)));
  }
}

/** Objects of a kind come after the kind is served; a server is asked once it runs, or API servers keep a wrong connection. */
function parts(objects: readonly AddonObject[]): AddonObject[][] {
  const place = ({ resource }: AddonObject) => {
    if (resource === customResourceDefinitions) return 0;
    return resource === apiServices ? 2 : 1;
  };
  return [0, 1, 2].map((wanted) => objects.filter((one) => place(one) === wanted));
}

async function create(client: KubeClient, resource: Resource, object: KubeObject): Promise<void> {
  try {
    await client.create(resource, object, { fieldManager: 'kubedrill' });
  } catch (error) {
    if (!(error instanceof KubeError) || error.status.reason !== 'AlreadyExists') throw error;
  }
}

async function working(client: KubeClient, { resource, object }: AddonObject, signal: AbortSignal): Promise<void> {
  const wanted = conditions.find((one) => one.resource === resource);
  if (!wanted) return;
  const { type, patience, trouble } = wanted;
  const { name = '', namespace } = object.metadata ?? {};
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  // Without a resourceVersion a watch begins with what is there.
  const query = { fieldSelector: `metadata.name=${name}`, timeoutSeconds: patience };
  let last: Stored | undefined;
  try {
    for await (const { object: seen } of client.watch(resource, namespace, query, either)) {
      if (conditionOf(seen, type)?.status === 'True') return;
      last = seen;
    }
  } finally {
    stop.abort();
  }
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  throw new EnvironmentError({
    what: resource === deployments ? `${name} does not run` : `the cluster does not serve ${name}`,
    why: (last && conditionOf(last, trouble)?.message) || `it was not ${type} within ${patience} s`,
    next: `kubectl describe ${resource.resource} ${name}${where}`,
  });
}

interface Condition {
  type: string;
  status: string;
  message?: string;
}

function conditionOf(object: Stored, type: string): Condition | undefined {
  const { status } = object as { status?: { conditions?: Condition[] } };
  return status?.conditions?.find((condition) => condition.type === type);
}

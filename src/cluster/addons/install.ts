import { EnvironmentError } from '../../kernel/errors.ts';
import type { CustomResourceDefinition } from '../../kube/api.gen.ts';
import { type KubeClient, KubeError } from '../../kube/client.ts';
import type { Stored } from '../../kube/meta.ts';
import { customResourceDefinitions } from '../../kube/resources.ts';
import { gatewayApi } from './gateway-api/index.ts';
import type { AddonName } from './names.ts';

/** The definitions that each addon consists of. */
const addons: Readonly<Record<AddonName, readonly CustomResourceDefinition[]>> = { 'gateway-api': gatewayApi };

/** How long a definition may take until it is served, seconds. */
const patience = 30;

/**
 * Makes what is missing of an addon, on any cluster, and resolves when its kinds are served; what is there stays as it
 * is. Rejects with a KubeError if the cluster refuses, with an EnvironmentError if it never serves them.
 */
export async function installAddon(client: KubeClient, name: AddonName, signal: AbortSignal): Promise<void> {
  const definitions = addons[name];
  await Promise.all(definitions.map((definition) => create(client, definition)));
  await Promise.all(definitions.map(({ metadata }) => established(client, metadata?.name ?? '', signal)));
}

async function create(client: KubeClient, definition: CustomResourceDefinition): Promise<void> {
  try {
    await client.create(customResourceDefinitions, definition, { fieldManager: 'kubedrill' });
  } catch (error) {
    if (!(error instanceof KubeError) || error.status.reason !== 'AlreadyExists') throw error;
  }
}

async function established(client: KubeClient, name: string, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  // Without a resourceVersion a watch begins with what is there.
  const query = { fieldSelector: `metadata.name=${name}`, timeoutSeconds: patience };
  let last: Stored<CustomResourceDefinition> | undefined;
  try {
    for await (const { object } of client.watch(customResourceDefinitions, undefined, query, either)) {
      if (conditionOf(object, 'Established')?.status === 'True') return;
      last = object;
    }
  } finally {
    stop.abort();
  }
  throw new EnvironmentError({
    what: `the cluster does not serve ${name}`,
    why: (last && conditionOf(last, 'NamesAccepted')?.message) || `it was not established within ${patience} s`,
    next: `kubectl describe crd ${name}`,
  });
}

const conditionOf = ({ status }: CustomResourceDefinition, type: string) =>
  status?.conditions?.find((condition) => condition.type === type);

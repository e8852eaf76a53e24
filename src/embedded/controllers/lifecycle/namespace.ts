import type { Namespace } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { namespaces, pods } from '../../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext, ServedResource } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { deletionConditions, type Remaining } from './namespace-conditions.ts';

const finalizer = 'kubernetes';
/** kube-controller-manager waits for half of the remaining grace period; looking more often costs nothing here. */
const retryMs = 500;

/**
 * Empties namespaces that are being deleted, tells in their conditions what is left, and lets them go. Unlike
 * kube-controller-manager it begins at once: its five seconds are for other API servers to hear of the deletion.
 */
export const namespaceController: Component = {
  name: 'namespace',
  start(context) {
    const client = controllerClient(context, 'namespace-controller');
    const spaces = context.informers.of(namespaces);

    async function sync(name: string): Promise<{ after: number } | undefined> {
      const namespace = spaces.get(undefined, name);
      if (!namespace?.metadata.deletionTimestamp || !namespace.spec?.finalizers?.includes(finalizer)) return undefined;
      const remaining = await deleteContent(context, client, name);
      const current = await report(context, client, namespace, remaining);
      if (remaining.resources.size > 0 || remaining.undiscovered.length > 0) return { after: retryMs };
      if (current) await finalize(client, current);
      return undefined;
    }

    const queue = new WorkQueue({
      clock: context.clock,
      signal: context.signal,
      report: context.report,
      sync,
      workers: 4,
    });
    const enqueue = ({ metadata }: Stored<Namespace>) => {
      if (metadata.deletionTimestamp) queue.add(metadata.name);
    };
    spaces.on({ add: enqueue, update: enqueue });
    context.informers.of(pods).on({
      delete: ({ metadata }) => {
        // The rest of the content waits for the Pods.
        const namespace = spaces.get(undefined, metadata.namespace ?? '');
        if (namespace) enqueue(namespace);
      },
    });
  },
};

/** Deletes all there is in the namespace, Pods first (KEP-5080), and says what is still there afterwards. */
async function deleteContent(context: ComponentContext, client: ApiClient, namespace: string): Promise<Remaining> {
  // What another server keeps is not known while it is away: there may be something left.
  const undiscovered = context.staleGroups();
  const remaining: Remaining = { resources: new Map(), finalizers: new Map(), undiscovered };
  const served = context.resources().filter(isDeletable);
  const [podResource, others] = [served.filter(isPods), served.filter((r) => !isPods(r))];
  for (const resource of podResource) await deleteAll(client, resource, namespace, remaining);
  if (remaining.resources.size > 0) return remaining;
  for (const resource of others) await deleteAll(client, resource, namespace, remaining);
  return remaining;
}

function isPods(resource: ServedResource): boolean {
  return resource.group === '' && resource.resource === pods.resource;
}

function isDeletable(resource: ServedResource): boolean {
  const { verbs = [] } = resource;
  const can = resource.verbs === undefined || (verbs.includes('delete') && verbs.includes('list'));
  return resource.namespaced && can && !resource.storedAs;
}

async function deleteAll(
  client: ApiClient,
  resource: ServedResource,
  namespace: string,
  remaining: Remaining,
): Promise<void> {
  const { items } = await client.list(resource, namespace);
  if (items.length === 0) return;
  for (const { metadata } of items) {
    if (metadata.deletionTimestamp) continue;
    try {
      await client.delete(resource, namespace, metadata.name, { propagationPolicy: 'Background' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  const left = (await client.list(resource, namespace)).items;
  if (left.length === 0) return;
  remaining.resources.set(`${resource.resource}.${resource.group}`, left.length);
  for (const name of left.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
    remaining.finalizers.set(name, (remaining.finalizers.get(name) ?? 0) + 1);
  }
}

/** Writes the conditions where they changed. Undefined: the namespace is gone. */
async function report(
  context: ComponentContext,
  client: ApiClient,
  namespace: Stored<Namespace>,
  remaining: Remaining,
): Promise<Stored<Namespace> | undefined> {
  const conditions = deletionConditions(namespace.status?.conditions ?? [], remaining, context.clock.now());
  if (!conditions) return namespace;
  try {
    return await client.updateStatus(namespaces, {
      ...namespace,
      metadata: { ...namespace.metadata, resourceVersion: '' },
      status: { ...namespace.status, phase: 'Terminating', conditions },
    });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function finalize(client: ApiClient, namespace: Stored<Namespace>): Promise<void> {
  const finalizers = namespace.spec?.finalizers?.filter((name) => name !== finalizer);
  try {
    await client.update(
      namespaces,
      { ...namespace, metadata: { ...namespace.metadata, resourceVersion: '' }, spec: { finalizers } },
      { subresource: 'finalize' },
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

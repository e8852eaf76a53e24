import { namespaces, serviceAccounts } from '../../../kube/resources.ts';
import type { Component } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';

const account = 'default';

/** Sees to it that every active namespace has a ServiceAccount `default`. */
export const serviceAccountController: Component = {
  name: 'serviceaccount',
  start(context) {
    const client = controllerClient(context, 'service-account-controller');
    const spaces = context.informers.of(namespaces);
    const accounts = context.informers.of(serviceAccounts);

    async function sync(name: string): Promise<void> {
      const namespace = spaces.get(undefined, name);
      if (namespace?.status?.phase !== 'Active' || accounts.get(name, account)) return;
      try {
        await client.create(serviceAccounts, { metadata: { name: account, namespace: name } });
      } catch (error) {
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error) && !isNotFound(error)) throw error;
      }
    }

    const queue = new WorkQueue({ clock: context.clock, signal: context.signal, report: context.report, sync });
    spaces.on({
      add: (namespace) => queue.add(namespace.metadata.name),
      update: (namespace) => queue.add(namespace.metadata.name),
    });
    accounts.on({
      delete: ({ metadata }) => {
        if (metadata.name === account && metadata.namespace) queue.add(metadata.namespace);
      },
    });
  },
};

/** What can be installed in a cluster that does not come with it. */
import type { CustomResourceDefinition } from '../../kube/api.gen.ts';
import { customResourceDefinitions } from '../../kube/resources.ts';
import type { ApiClient } from '../api.ts';
import { isApiError } from '../registry/status.ts';
import { gatewayApi } from './gateway-api/index.ts';

/** The definitions that each addon consists of, by its name. */
export const addons: Readonly<Record<'gateway-api', readonly CustomResourceDefinition[]>> = {
  'gateway-api': gatewayApi,
};

export type AddonName = keyof typeof addons;

/** Makes what is missing of an addon; what is there stays as it is. Rejects with what the API says. */
export async function installAddon(client: ApiClient, name: AddonName): Promise<void> {
  for (const definition of addons[name]) {
    try {
      await client.create(customResourceDefinitions, definition);
    } catch (error) {
      if (!isApiError(error) || error.status.reason !== 'AlreadyExists') throw error;
    }
  }
}

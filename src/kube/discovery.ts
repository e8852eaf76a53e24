import { UserError } from '../kernel/errors.ts';
import { type KubeClient, KubeError } from './client.ts';
import type { KubeObject, Resource } from './meta.ts';

interface ResourceList {
  resources: { name: string; kind: string; namespaced: boolean }[];
}

/** Finds the resource of an object by its apiVersion and kind, asking the cluster once a group version. */
export class Discovery {
  readonly #client: KubeClient;
  readonly #lists = new Map<string, Promise<ResourceList>>();

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** Rejects with a UserError if the cluster does not serve that kind. */
  async resourceOf(object: KubeObject): Promise<Resource> {
    const { apiVersion = '', kind = '' } = object;
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    const list = await this.#resources(apiVersion, group);
    const found = list.resources.find((r) => r.kind === kind && !r.name.includes('/'));
    if (!found) {
      throw new UserError({
        what: `the cluster serves no kind ${kind} in ${apiVersion || 'an empty apiVersion'}`,
        next: 'kubectl api-resources',
      });
    }
    return { group, version, resource: found.name, kind, namespaced: found.namespaced };
  }

  #resources(apiVersion: string, group: string): Promise<ResourceList> {
    let list = this.#lists.get(apiVersion);
    if (!list) {
      list = this.#client.request<ResourceList>('GET', `${group === '' ? '/api' : '/apis'}/${apiVersion}`);
      // A failure is not an answer: the next one asks again. A group that isn't served has no resources.
      list = list.catch((error: unknown) => {
        this.#lists.delete(apiVersion);
        if (error instanceof KubeError && error.code === 404) return { resources: [] };
        throw error;
      });
      this.#lists.set(apiVersion, list);
    }
    return list;
  }
}

/** Which resources the server has, by aggregated discovery; kept for a while as kubectl's cache on disk is. */

import { ConnectError, klogStamp, type Obj, type RestClient, StatusError } from '../../api-client/client.ts';
import { KubectlError } from '../../api-client/flags.ts';
import type { ContainerView } from '../../kernel/container-view.ts';
import type { Process } from '../../kernel/process.ts';
import { loginWanted } from './errors.ts';

export interface ApiResource {
  group: string;
  version: string;
  resource: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
  shortNames: string[];
  categories: string[];
  subresources: string[];
}

const CACHE_MS = 6 * 3600 * 1000;
const caches = new WeakMap<ContainerView<Process>, Map<string, { at: number; resources: ApiResource[] }>>();
const accept =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

const list = (value: unknown): Obj[] => (Array.isArray(value) ? (value as Obj[]) : []);
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function readGroups(document: Obj): ApiResource[] {
  return list(document.items).flatMap((group) =>
    list(group.versions).flatMap((version) =>
      list(version.resources).map((r): ApiResource => {
        const metadata = (group.metadata ?? {}) as Obj;
        const kind = (r.responseKind ?? {}) as Obj;
        return {
          group: String(metadata.name ?? ''),
          version: String(version.version),
          resource: String(r.resource),
          singular: String(r.singularResource ?? ''),
          kind: String(kind.kind ?? ''),
          namespaced: r.scope === 'Namespaced',
          verbs: strings(r.verbs),
          shortNames: strings(r.shortNames),
          categories: strings(r.categories),
          subresources: list(r.subresources).map((s) => String(s.subresource)),
        };
      }),
    ),
  );
}

/** What kubectl says of a 401 to discovery; of one to anything else it says `Unauthorized`. */
export const credentialsWanted = 'the server has asked for the client to provide credentials';

/**
 * All resources, the preferred version of each group first. `fresh`: not from the cache. `tries`: how often the command
 * asks before it gives up, each of which it logs.
 */
export async function discover(client: RestClient, fresh = false, tries = 5): Promise<ApiResource[]> {
  const { container } = client.p;
  const now = container.clock.now();
  let cache = caches.get(container);
  if (!cache) {
    cache = new Map();
    caches.set(container, cache);
  }
  const key = client.config.server;
  const known = cache.get(key);
  if (known && !fresh && now - known.at < CACHE_MS) return known.resources;
  try {
    const [core, groups] = [
      await client.json('/api', { query: { timeout: '32s' }, accept }),
      await client.json('/apis', { query: { timeout: '32s' }, accept }),
    ];
    const resources = [...readGroups(core), ...readGroups(groups)];
    cache.set(key, { at: now, resources });
    return resources;
  } catch (error) {
    const unauthorized = error instanceof StatusError && error.code === 401;
    if (unauthorized || error instanceof ConnectError) {
      const detail = unauthorized ? credentialsWanted : error.message.replaceAll('"', '\\"');
      const line = `E${klogStamp(client.p)} memcache.go:265] "Unhandled Error" err="couldn't get current server API group list: ${detail}"\n`;
      await client.p.print(2, line.repeat(tries));
    }
    throw unauthorized ? new KubectlError(loginWanted(credentialsWanted)) : error;
  }
}

/** Finds a resource by any of its names: `po`, `pods`, `deployments.apps`, `deployments.v1.apps`, `Pod`. */
export function matchResource(resources: readonly ApiResource[], name: string): ApiResource | undefined {
  const lower = name.toLowerCase();
  const [first = '', ...rest] = lower.split('.');
  const named = (r: ApiResource, n: string) =>
    r.resource === n || r.singular === n || r.shortNames.includes(n) || r.kind.toLowerCase() === n;
  if (rest.length === 0) return resources.find((r) => r.resource === first) ?? resources.find((r) => named(r, first));
  const suffix = rest.join('.');
  return resources.find(
    (r) =>
      named(r, first) &&
      (r.group === suffix ||
        `${r.version}.${r.group}` === suffix ||
        (r.group === '' && r.version === suffix) ||
        r.group.startsWith(`${suffix}.`)),
  );
}

/** Like matchResource, asking the server again before giving up. */
export async function findResource(client: RestClient, name: string): Promise<ApiResource> {
  const found = matchResource(await discover(client), name) ?? matchResource(await discover(client, true), name);
  if (!found) throw new KubectlError(`the server doesn't have a resource type "${name}"`);
  return found;
}

/** Path of a collection or object. */
export function pathOf(r: ApiResource, namespace: string | undefined, name?: string, subresource?: string): string {
  const base = r.group === '' ? `/api/${r.version}` : `/apis/${r.group}/${r.version}`;
  const scope = r.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object =
    name === undefined ? '' : `/${encodeURIComponent(name)}${subresource === undefined ? '' : `/${subresource}`}`;
  return `${base}${scope}/${r.resource}${object}`;
}

/** `pod`, `deployment.apps`: how output names a kind. */
export function kindName(r: Pick<ApiResource, 'group' | 'singular' | 'kind'>): string {
  const singular = r.singular || r.kind.toLowerCase();
  return r.group === '' ? singular : `${singular}.${r.group}`;
}

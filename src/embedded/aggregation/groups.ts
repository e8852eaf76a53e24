import type { APIService } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { compareVersions, type RemoteGroup } from '../codec/discovery.ts';

interface ResourceList {
  resources?: {
    name: string;
    singularName?: string;
    namespaced: boolean;
    kind: string;
    verbs: string[];
    shortNames?: string[];
  }[];
}

/** What servers elsewhere said that they serve: of one that does not answer what it said before, marked as stale. */
export class RemoteGroups {
  readonly #services: () => readonly Stored<APIService>[];
  readonly #known = new Map<string, { list: ResourceList | undefined; fresh: boolean }>();

  constructor(services: () => readonly Stored<APIService>[]) {
    this.#services = services;
  }

  /** @param list an APIResourceList; undefined: no answer */
  learn(service: string, list: unknown): void {
    const before = this.#known.get(service)?.list;
    this.#known.set(service, { list: (list as ResourceList | undefined) ?? before, fresh: list !== undefined });
  }

  /** By priority, the highest first. */
  list(): readonly RemoteGroup[] {
    const byGroup = Map.groupBy(this.#services(), ({ spec }) => spec?.group ?? '');
    const priority = (services: readonly APIService[]) =>
      Math.max(...services.map(({ spec }) => spec?.groupPriorityMinimum ?? 0));
    return [...byGroup]
      .sort(([a, left], [b, right]) => priority(right) - priority(left) || (a < b ? -1 : 1))
      .map(([group, services]) => ({
        group,
        versions: services
          .toSorted(
            ({ spec: a }, { spec: b }) =>
              (b?.versionPriority ?? 0) - (a?.versionPriority ?? 0) ||
              compareVersions(a?.version ?? '', b?.version ?? ''),
          )
          .map((service) => this.#version(service)),
      }));
  }

  #version({ metadata, spec }: Stored<APIService>): RemoteGroup['versions'][number] {
    const { list, fresh = false } = this.#known.get(metadata.name) ?? {};
    const { group = '', version = '' } = spec ?? {};
    const resources = (list?.resources ?? [])
      // Subresources are reported with their resource, and those of servers elsewhere nobody needs here.
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, singularName = '', namespaced, kind, verbs, shortNames }) => ({
        resource: name,
        responseKind: { group, version, kind },
        scope: namespaced ? 'Namespaced' : 'Cluster',
        singularResource: singularName,
        verbs,
        ...(shortNames && { shortNames }),
      }));
    return { version, resources, freshness: fresh ? 'Current' : 'Stale' };
  }
}

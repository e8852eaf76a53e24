import type { APIService, CustomResourceDefinition } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { apiServices, customResourceDefinitions } from '../../kube/resources.ts';
import type { ApiClient } from '../api.ts';
import type { ObjectReader } from '../definition.ts';
import { sameJson } from '../errors/field.ts';
import { isApiError } from '../errors/status.ts';
import { bucketOf } from '../registry/keys.ts';
import type { Store } from '../store/store.ts';

export interface ApiServicesOptions {
  store: Pick<Store, 'observe'>;
  reader: ObjectReader;
  /** As the API server itself. */
  client: ApiClient;
  report?(error: unknown, where: string): void;
}

/** APIServices that the server looks after all the time, not only when it starts. */
const managed = 'kube-aggregator.kubernetes.io/automanaged';
/** Of groups of custom resources: after those that are built in, the versions by their names. */
const priorities = { groupPriorityMinimum: 1000, versionPriority: 100 };

/**
 * Keeps a local APIService for each version that a CustomResourceDefinition serves, as kube-aggregator's crd-autoregister
 * does: a deleted one comes back, one that somebody else created is left alone.
 */
export function followApiServices(options: ApiServicesOptions): void {
  const { store, reader } = options;
  const due = new Set<string>();
  const schedule = (names: Iterable<string>) => {
    if (due.size === 0) queueMicrotask(() => void syncAll());
    for (const name of names) due.add(name);
  };
  async function syncAll(): Promise<void> {
    const names = [...due];
    due.clear();
    const wanted = new Map(reader.listAll(customResourceDefinitions).flatMap(servicesOf));
    // All in this turn: what the definition's own conditions are written after.
    const one = async (name: string) => {
      try {
        await sync(options, name, wanted.get(name));
      } catch (error) {
        // Somebody else wrote in between: that write makes for another sync.
        if (!isApiError(error)) options.report?.(error, `APIService ${name}`);
      }
    };
    await Promise.all(names.map(one));
  }
  const namesOf = (crd: CustomResourceDefinition) => servicesOf(crd).map(([name]) => name);
  schedule(reader.listAll(customResourceDefinitions).flatMap(namesOf));
  store.observe(bucketOf(customResourceDefinitions), ({ object, previous }) => {
    const before = previous ? namesOf(previous as Stored<CustomResourceDefinition>) : [];
    schedule([...before, ...namesOf(object as Stored<CustomResourceDefinition>)]);
  });
  store.observe(bucketOf(apiServices), ({ id, object }) => {
    if (isManaged(object)) schedule([id]);
  });
}

const isManaged = ({ metadata }: Pick<Stored, 'metadata'>) => metadata.labels?.[managed] === 'true';

function servicesOf({ spec }: CustomResourceDefinition): [name: string, service: APIService][] {
  const { group, versions } = spec;
  return versions
    .filter((version) => version.served)
    .map(({ name: version }) => {
      const name = `${version}.${group}`;
      return [name, { metadata: { name, labels: { [managed]: 'true' } }, spec: { group, version, ...priorities } }];
    });
}

async function sync({ reader, client }: ApiServicesOptions, name: string, wanted?: APIService): Promise<void> {
  const current = reader.read(apiServices, undefined, name);
  if (!current) {
    if (wanted) await client.create(apiServices, wanted);
  } else if (isManaged(current)) {
    if (!wanted) await client.delete(apiServices, undefined, name);
    else if (!sameJson(wanted.spec, current.spec)) await client.update(apiServices, { ...current, spec: wanted.spec });
  }
}

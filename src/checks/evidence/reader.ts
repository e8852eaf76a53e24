import type { Event } from '../../kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import type { ClusterView, Suspect } from '../types.ts';
import type { Chain } from './chain.ts';

/** Reads of the API for one explanation; answers are kept while it is put together. */
export interface Reader {
  /** Undefined where there is no such object or no such resource. Rejects with `Unreadable`. */
  get<T extends KubeObject>(
    r: Resource<T>,
    namespace: string | undefined,
    name: string,
  ): Promise<Stored<T> | undefined>;
  /** `fieldSelector` as kubectl takes it. Of very many only the first come. Rejects with `Unreadable`. */
  list<T extends KubeObject>(r: Resource<T>, namespace?: string, fieldSelector?: string): Promise<Stored<T>[]>;
  /** The last lines of a container's log, or of the instance before; none where there is no log. */
  log(namespace: string, pod: string, container: string, previous: boolean): Promise<string[]>;
}

/** The API server does not let us see something. */
export class Unreadable extends Error {
  readonly resource: Resource;
  readonly namespace: string | undefined;

  constructor(resource: Resource, namespace: string | undefined, message: string, options?: ErrorOptions) {
    super(message, options);
    this.resource = resource;
    this.namespace = namespace;
  }
}

/** A chain under way, and where to read on. */
export interface Trace {
  chain: Chain;
  reader: Reader;
  /** Milliseconds since 1970. */
  now: number;
  /** Goes on with something that another family knows about. */
  follow(suspect: Suspect): Promise<void>;
}

/** Some resources of one namespace (or of the cluster), read once, to be asked like a view. */
export async function snapshot(
  reader: Reader,
  wanted: readonly Resource[],
  namespace?: string,
): Promise<Pick<ClusterView, 'get' | 'list'>> {
  const lists = new Map<string, Stored[]>();
  const read = wanted.map(async (r) => {
    lists.set(keyOf(r), await reader.list(r, r.namespaced ? namespace : undefined));
  });
  await Promise.all(read);
  const list = <T extends KubeObject>(r: Resource<T>, inNamespace?: string) =>
    (lists.get(keyOf(r)) ?? []).filter(
      (o) => !r.namespaced || !inNamespace || o.metadata.namespace === inNamespace,
    ) as Stored<T>[];
  return { list, get: (r, inNamespace, name) => list(r, inNamespace).find((o) => o.metadata.name === name) };
}

const keyOf = (r: Resource) => `${r.resource}.${r.group}`;

/** The Events about an object, oldest first. */
export async function eventsAbout(reader: Reader, object: Stored): Promise<Stored<Event>[]> {
  const { uid, namespace = 'default' } = object.metadata;
  const found = await reader.list(resources.events, namespace, `involvedObject.uid=${uid}`);
  return found.sort((a, b) => timeOf(a) - timeOf(b));
}

function timeOf(e: Stored<Event>): number {
  const time = e.series?.lastObservedTime ?? e.lastTimestamp ?? e.eventTime ?? e.firstTimestamp;
  return Date.parse(time ?? e.metadata.creationTimestamp) || 0;
}

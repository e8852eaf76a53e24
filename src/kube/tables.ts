import { type Clock, pause } from '../kernel/clock.ts';
import { type KubeClient, KubeError, pathOf } from './client.ts';
import type { KubeObject, Resource } from './meta.ts';

/** An object as the server prints it for people (`kubectl get`). */
export interface PrintedObject {
  resource: Resource;
  name: string;
  namespace?: string;
  uid: string;
  /** The uid of what controls it. */
  owner?: string;
  /** By column, as `READY` and `STATUS`; without name and age. */
  cells: Readonly<Record<string, string>>;
}

export interface FollowOptions {
  client: KubeClient;
  resources: readonly Resource[];
  clock: Clock;
  /** All objects of all resources, at the first answer of each and after every change. */
  onObjects(objects: readonly PrintedObject[]): void;
  /** The cluster can't be followed now (`error`), or can again (undefined). */
  onHealth(error: Error | undefined): void;
  signal: AbortSignal;
}

interface Table extends KubeObject {
  columnDefinitions?: { name: string; priority: number }[];
  rows?: { cells: unknown[]; object: KubeObject }[];
}

/** Server-side printing (KEP-515, "Resource printing on the server"). */
const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const retryAfter = 1_000;

/** Follows resources as the server prints them until `signal` aborts. What the cluster does not serve has no objects. */
export function followTables(options: FollowOptions): void {
  const all = new Map<Resource, Map<string, PrintedObject>>();
  const notify = () => options.onObjects([...all.values()].flatMap((objects) => [...objects.values()]));
  for (const resource of options.resources) void followOne(resource, options, all, notify);
}

async function followOne(
  resource: Resource,
  { client, clock, onHealth, signal }: FollowOptions,
  all: Map<Resource, Map<string, PrintedObject>>,
  notify: () => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const list = await client.request<Table>('GET', pathOf(resource), { accept, signal });
      const printer = new Printer(resource);
      const objects = new Map(printer.print(list).map((object) => [object.uid, object]));
      all.set(resource, objects);
      notify();
      onHealth(undefined);
      const query = { resourceVersion: list.metadata?.resourceVersion };
      for await (const { type, object } of client.watch<Table>(resource as Resource<Table>, undefined, query, signal, {
        accept,
      })) {
        if (type === 'ERROR') break;
        for (const printed of printer.print(object)) {
          if (type === 'DELETED') objects.delete(printed.uid);
          else objects.set(printed.uid, printed);
        }
        if (type !== 'BOOKMARK') notify();
      }
    } catch (error) {
      if (signal.aborted) return;
      // A kind that is not served, or may not be read, is one without objects.
      const isRefusal = error instanceof KubeError && (error.code === 404 || error.code === 403);
      if (!isRefusal) onHealth(error as Error);
    }
    await pause(clock, retryAfter, signal);
  }
}

/** Reads tables of one resource; those of a watch name their columns in the first event only. */
class Printer {
  readonly #resource: Resource;
  #columns: { name: string; priority: number }[] = [];

  constructor(resource: Resource) {
    this.#resource = resource;
  }

  print({ columnDefinitions, rows = [] }: Table): PrintedObject[] {
    if (columnDefinitions?.length) this.#columns = columnDefinitions;
    return rows.flatMap(({ cells, object }) => {
      const { name, namespace, uid, ownerReferences } = object.metadata ?? {};
      if (name === undefined || uid === undefined) return [];
      const owner = ownerReferences?.find(({ controller }) => controller)?.uid;
      const shown = this.#columns.flatMap((column, index): [string, string][] => {
        const isShown = column.priority === 0 && column.name !== 'Name' && column.name !== 'Age';
        return isShown ? [[column.name.toUpperCase(), String(cells[index] ?? '')]] : [];
      });
      return [
        {
          resource: this.#resource,
          name,
          ...(namespace !== undefined && { namespace }),
          uid,
          ...(owner !== undefined && { owner }),
          cells: Object.fromEntries(shown),
        },
      ];
    });
  }
}

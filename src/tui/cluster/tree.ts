import type { PrintedObject } from '../../kube/tables.ts';
import { printableLine } from '../../present/width.ts';

/** An object of the cluster as a line of the tree. */
export interface TreeRow {
  object: PrintedObject;
  /** How many owners stand above it. */
  depth: number;
}

/** The objects of one namespace, or those of the cluster (''). */
export interface TreeSection {
  namespace: string;
  rows: TreeRow[];
}

const systemNamespaces = /^(kube-|local-path-storage$)/;
/** What every namespace has, which nobody looks for. */
const ofEveryNamespace = (object: PrintedObject) =>
  object.resource.resource === 'configmaps' && object.name === 'kube-root-ca.crt';

/**
 * Objects by namespace, what is owned below its owner: the namespace `home` first, then the others by name, the cluster's
 * own at the end. `all`: also what belongs to the system.
 */
export function treeOf(objects: readonly PrintedObject[], home: string, all: boolean): TreeSection[] {
  const shown = objects.filter((object) => all || !isOfSystem(object));
  const namespaces = [...new Set(shown.map(({ namespace = '' }) => namespace))].toSorted(
    (a, b) => rank(a, home) - rank(b, home) || a.localeCompare(b),
  );
  return namespaces.map((namespace) => {
    const own = shown.filter((object) => (object.namespace ?? '') === namespace);
    return { namespace, rows: rowsOf(own) };
  });
}

function isOfSystem(object: PrintedObject): boolean {
  return systemNamespaces.test(object.namespace ?? '') || ofEveryNamespace(object);
}

function rank(namespace: string, home: string): number {
  if (namespace === home) return 0;
  return namespace === '' ? 2 : 1;
}

function rowsOf(objects: readonly PrintedObject[]): TreeRow[] {
  const known = new Set(objects.map(({ uid }) => uid));
  const below = (owner: string | undefined, depth: number): TreeRow[] =>
    objects
      .filter((object) => (object.owner !== undefined && known.has(object.owner) ? object.owner : undefined) === owner)
      .flatMap((object) => [{ object, depth }, ...below(object.uid, depth + 1)]);
  return below(undefined, 0);
}

/** `1/1  Running  0`: what the server prints of an object, without columns that have nothing. */
export function standingOf({ cells }: PrintedObject): string {
  const values = Object.values(cells).map(printableLine);
  return values.filter((value) => value !== '' && value !== '<none>').join('  ');
}

/** Whether what the server prints of an object says that it is not well. */
export function isUnwell({ cells }: PrintedObject): boolean {
  const { READY = '', STATUS = '' } = cells;
  const [now, wanted] = READY.split('/');
  const isShort = wanted !== undefined && now !== wanted;
  const isDone = STATUS === 'Completed' || STATUS === 'Complete';
  return (isShort && !isDone) || /Error|BackOff|Failed|Pending|NotReady|Evicted|Unknown|Lost|Invalid/.test(STATUS);
}

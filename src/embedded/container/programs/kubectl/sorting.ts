/** kubectl get --sort-by. */
import { relaxedPath } from '../../../../kube/json-path/json-path.ts';
import { orKubectlError } from './printers.ts';

/** Sorts a list in place by what a path finds in the objects of its items; what is missing comes first. Throws KubectlError. */
export function sortByPath<T>(list: T[], path: string, objectOf: (item: T) => unknown): void {
  const parsed = orKubectlError(() => relaxedPath(path));
  const keys = new Map(
    list.map((item) => [item, orKubectlError(() => parsed.results(objectOf(item))).flat()[0] ?? null]),
  );
  list.sort((a, b) => compareKeys(keys.get(a), keys.get(b)));
}

function compareKeys(a: unknown, b: unknown): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [x, y] = [String(a), String(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

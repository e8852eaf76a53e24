/** Lists in a strategic merge patch: merging by key or value, and the order of what comes out. */
import { plainError } from '../errors/status.ts';
import { deepEqual, goPrint, isMap, type JsonMap } from './json-value.ts';

export const directive = '$patch';
/** How two items of lists are known to be the same. */
type SameItem = (a: unknown, b: unknown) => boolean;

export function sameBy(mergeKey: string | undefined): SameItem {
  if (mergeKey === undefined) return deepEqual;
  return (a, b) => isMap(a) && isMap(b) && deepEqual(a[mergeKey], b[mergeKey]);
}

export const noMergeKey = (item: JsonMap, mergeKey: string) =>
  plainError(`map: ${goPrint(item)} does not contain declared merge key: ${mergeKey}`);

export const unknownPatchType = (type: unknown, map: JsonMap) =>
  plainError(`unknown patch type: ${goPrint(type)} in map: ${goPrint(map)}`);

/** Whether the lists hold maps. @throws ApiError 500 if their items are of several types, 422 for lists of lists */
export function holdsMaps(...lists: readonly (readonly unknown[])[]): boolean {
  let first: string | undefined;
  for (const item of lists.flat()) {
    const type = isMap(item) ? 'map' : Array.isArray(item) ? 'list' : typeof item;
    if (type === 'list') throw plainError('lists of lists are not supported');
    first ??= type;
    if (type !== first) throw plainError(`list element types are not identical: ${goPrint(lists)}`);
  }
  return first === 'map';
}

/**
 * Takes the directives out of a patch for a list of maps: `$patch: delete` removes from `live`, `$patch: replace` puts the
 * rest of the patch in its place. Returns what is left of both.
 */
export function applyListDirectives(
  live: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string,
): { live: unknown[]; patch: unknown[] } {
  let items = [...live];
  const rest: unknown[] = [];
  let replace = false;
  for (const item of patch) {
    if (!isMap(item) || item[directive] === undefined) {
      rest.push(item);
      continue;
    }
    switch (item[directive]) {
      case 'delete': {
        const value = item[mergeKey];
        if (value === undefined) throw noMergeKey(item, mergeKey);
        items = items.filter((other) => !isMap(other) || !deepEqual(other[mergeKey], value));
        break;
      }
      case 'replace':
        replace = true;
        break;
      case 'merge':
        throw plainError('merging lists cannot yet be specified in the patch');
      default:
        throw unknownPatchType(item[directive], item);
    }
  }
  return replace ? { live: rest, patch: [] } : { live: items, patch: rest };
}

/**
 * The server's order of a merged list: items of the patch in the patch's order, the others in the live order, each of these
 * before the first patch item that was live behind it.
 */
export function orderItems(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  liveOrder: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const same = sameBy(mergeKey);
  const place = (order: readonly unknown[], item: unknown) => order.findIndex((other) => same(other, item));
  const byPlace = (order: readonly unknown[]) => (a: unknown, b: unknown) => place(order, a) - place(order, b);
  const inPatch = (item: unknown) => place(patchOrder, item) >= 0;
  const fromPatch = merged.filter(inPatch).sort(byPlace(patchOrder));
  const serverOnly = merged.filter((item) => !inPatch(item)).sort(byPlace(liveOrder));
  const out: unknown[] = [];
  for (const item of fromPatch) {
    const at = place(liveOrder, item);
    while (serverOnly.length > 0) {
      const mine = place(liveOrder, serverOnly[0]);
      if (mine < 0 || at < 0 || mine >= at) break;
      out.push(serverOnly.shift());
    }
    out.push(item);
  }
  return [...out, ...serverOnly];
}

/** Values of both lists, each once. */
export function joinValues(live: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const out: unknown[] = [];
  for (const value of [...live, ...patch]) if (!out.some((known) => deepEqual(known, value))) out.push(value);
  return out;
}

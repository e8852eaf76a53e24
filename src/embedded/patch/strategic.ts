/**
 * Strategic merge patch, as apimachinery's strategicpatch applies it on the server: strategies and merge keys come from
 * the schema (x-kubernetes-patch-strategy, x-kubernetes-patch-merge-key).
 */
import { ownValue, setOwn } from '../../kernel/own.ts';
import type { TypeSchema } from '../codec/schema.ts';
import { badRequest, plainError } from '../registry/status.ts';
import { copyJson, goPrint, isMap, type JsonMap } from './json-value.ts';
import { jsonType } from './merge-patch.ts';
import {
  applyListDirectives,
  directive,
  holdsMaps,
  joinValues,
  noMergeKey,
  orderItems,
  sameBy,
  unknownPatchType,
} from './strategic-list.ts';

const retainKeys = '$retainKeys';
const setElementOrder = '$setElementOrder/';
const deleteFromList = '$deleteFromPrimitiveList/';

/** What the schema says of a field to a strategic merge. */
interface PatchMeta {
  schema: TypeSchema | undefined;
  merge: boolean;
  replace: boolean;
  mergeKey: string | undefined;
}

/**
 * `live` with the patch applied; changes neither. `rest` is the patch as the merge left it, which the server shows in errors.
 * @throws ApiError 400 (not an object, malformed directives), 500 (merge key missing, unknown `$patch`), 422
 */
export function applyStrategicMergePatch(
  live: JsonMap,
  patch: unknown,
  schema: TypeSchema,
): { object: JsonMap; rest: JsonMap } {
  if (patch === null) return { object: copyJson(live), rest: {} };
  if (!isMap(patch)) {
    throw badRequest(`json: cannot unmarshal ${jsonType(patch)} into Go value of type map[string]interface {}`);
  }
  const rest = copyJson(patch);
  return { object: mergeMap(copyJson(live), rest, schema), rest };
}

/** Changes both of its arguments. */
function mergeMap(live: JsonMap, patch: JsonMap, schema: TypeSchema | undefined): JsonMap {
  if (Object.hasOwn(patch, directive)) return replaceMap(patch);
  applyRetainKeys(live, patch);
  applyElementOrders(live, patch, schema);
  for (const [key, value] of Object.entries(patch)) {
    const deletes = key.startsWith(deleteFromList);
    mergeField(live, deletes ? key.slice(deleteFromList.length) : key, value, schema, deletes);
  }
  return live;
}

function mergeField(live: JsonMap, key: string, value: unknown, schema: TypeSchema | undefined, deletes: boolean) {
  if (value === null) {
    delete live[key];
    return;
  }
  const old = Object.hasOwn(live, key) ? live[key] : undefined;
  const meta = patchMeta(schema, key);
  if (isMap(old) && isMap(value)) {
    setOwn(live, key, meta.replace ? value : mergeMap(old, value, meta.schema));
  } else if (Array.isArray(old) && Array.isArray(value)) {
    setOwn(live, key, meta.merge || deletes ? mergeList(old, value, meta, deletes) : value);
  } else if (!deletes) {
    setOwn(live, key, Array.isArray(value) || isMap(value) ? withoutDirectives(value) : value);
  }
}

function replaceMap(patch: JsonMap): JsonMap {
  const type = patch[directive];
  if (type === 'replace') {
    delete patch[directive];
    return patch;
  }
  if (type === 'delete') return {};
  throw unknownPatchType(type, patch);
}

function patchMeta(schema: TypeSchema | undefined, key: string): PatchMeta {
  if (schema?.kind === 'map') return { schema: schema.values, merge: false, replace: false, mergeKey: undefined };
  const field = schema?.kind === 'object' ? schema.fields.get(key) : undefined;
  const strategies = field?.patchStrategy ?? [];
  const merge = strategies.includes('merge');
  return {
    schema: field?.schema,
    merge,
    replace: strategies.includes('replace'),
    mergeKey: field?.patchMergeKey || undefined,
  };
}

/** A value that was not there before: its directives have nothing to act on, nulls nothing to delete. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value
      .filter((item) => !isMap(item) || (item[directive] !== 'delete' && !isBareReplace(item)))
      .map(withoutDirectives);
  }
  if (!isMap(value)) return value;
  if (value[directive] === 'delete') return {};
  const out: JsonMap = {};
  for (const [key, item] of Object.entries(value)) {
    const isDirective = key === directive || key === retainKeys || key.startsWith(setElementOrder);
    if (item !== null && !isDirective && !key.startsWith(deleteFromList)) setOwn(out, key, withoutDirectives(item));
  }
  return out;
}

const isBareReplace = (item: JsonMap) => item[directive] === 'replace' && Object.keys(item).length === 1;

/** `$retainKeys`: fields that it does not name go. */
function applyRetainKeys(live: JsonMap, patch: JsonMap): void {
  if (!Object.hasOwn(patch, retainKeys)) return;
  const keys = patch[retainKeys];
  delete patch[retainKeys];
  const malformed = () => badRequest('invalid patch format of retainKeys');
  if (!Array.isArray(keys)) throw malformed();
  for (const [key, value] of Object.entries(patch)) {
    const isDirective = key.startsWith(deleteFromList) || key.startsWith(setElementOrder);
    if (value !== null && !isDirective && !keys.includes(key)) throw malformed();
  }
  for (const key of Object.keys(live)) if (!keys.includes(key)) delete live[key];
}

/** `$setElementOrder/x`: merges the list `x` here and now and puts it into that order. */
function applyElementOrders(live: JsonMap, patch: JsonMap, schema: TypeSchema | undefined): void {
  for (const [directiveKey, order] of Object.entries(patch)) {
    if (!directiveKey.startsWith(setElementOrder)) continue;
    delete patch[directiveKey];
    const key = directiveKey.slice(setElementOrder.length);
    const [old, changes] = [ownValue(live, key), ownValue(patch, key)];
    for (const list of [order, old, changes]) {
      if (list !== undefined && !Array.isArray(list)) throw badArgument(list);
    }
    if (!Array.isArray(order) || (old === undefined && changes === undefined)) continue;
    const [items, patchItems] = [Array.isArray(old) ? old : [], Array.isArray(changes) ? changes : []];
    const meta = patchMeta(schema, key);
    checkOrder(patchItems, order, meta.mergeKey);
    let merged: unknown[] = items;
    if (changes !== undefined) {
      if (old === undefined) merged = withoutDirectives(patchItems) as unknown[];
      else merged = meta.merge ? mergeList(items, patchItems, meta, false) : patchItems;
    }
    if (meta.mergeKey !== undefined) {
      for (const item of [...merged, ...order]) {
        if (isMap(item) && item[meta.mergeKey] === undefined) throw noMergeKey(item, meta.mergeKey);
      }
    }
    setOwn(live, key, orderItems(merged, order, items, meta.mergeKey));
    delete patch[key];
  }
}

const badArgument = (actual: unknown) => plainError(`expected a []interface {}, but received a ${jsonType(actual)}`);

/** The order must have all items of the patch that are not deleted, in the patch's order. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return;
  const same = sameBy(mergeKey);
  const kept = patch.filter((item) => !isMap(item) || item[directive] !== 'delete');
  let found = 0;
  for (const item of order) if (found < kept.length && same(kept[found], item)) found++;
  if (found < kept.length) {
    throw plainError(
      `The order in patch list:\n${goPrint(patch)}\n doesn't match $setElementOrder list:\n${goPrint(order)}\n`,
    );
  }
}

function mergeList(old: readonly unknown[], patch: readonly unknown[], meta: PatchMeta, deletes: boolean): unknown[] {
  if (old.length === 0 && patch.length === 0) return [];
  if (!holdsMaps(old, patch)) {
    const same = sameBy(undefined);
    if (deletes) return old.filter((value) => !patch.some((gone) => same(gone, value)));
    return orderItems(joinValues(old, patch), patch, old, undefined);
  }
  const { mergeKey } = meta;
  const items = meta.schema?.kind === 'list' ? meta.schema.items : undefined;
  if (mergeKey === undefined) {
    throw plainError(`cannot merge lists without merge key for ${items?.kind === 'object' ? items.name : ''}`);
  }
  const { live, patch: changes } = applyListDirectives(old, patch, mergeKey);
  const merged = [...live];
  for (const change of changes) {
    if (!isMap(change)) continue;
    if (change[mergeKey] === undefined) throw noMergeKey(change, mergeKey);
    const at = merged.findIndex((item) => sameBy(mergeKey)(item, change));
    const found = merged[at];
    if (at < 0) merged.push(withoutDirectives(change));
    else if (isMap(found)) merged[at] = mergeMap(found, change, items);
  }
  return orderItems(merged, changes, live, mergeKey);
}

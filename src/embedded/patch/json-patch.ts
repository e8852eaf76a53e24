import jsonPatch, { type Operation } from 'fast-json-patch';
import { ownValue, setOwn } from '../../kernel/own.ts';
import { ApiError, badRequest, tooLarge } from '../registry/status.ts';
import { copyJson, isMap, type JsonMap } from './json-value.ts';
import { jsonType } from './merge-patch.ts';

const maxOperations = 10_000;

/**
 * RFC 6902 JSON patch. Maps on the way to what the patch touches come out with sorted keys, as the server prints them in
 * errors. Does not change `live`.
 * @throws ApiError 400 if the patch is no list of operations, 413 if it has too many, 422 without details if an operation
 * fails, whichever way
 */
export function applyJsonPatch(live: JsonMap, patch: unknown): JsonMap {
  if (patch === null) return live;
  const cannot = (what: unknown, type: string) =>
    badRequest(`error decoding patch: json: cannot unmarshal ${jsonType(what)} into Go value of type ${type}`);
  if (!Array.isArray(patch)) throw cannot(patch, '[]handlers.jsonPatchOp');
  for (const operation of patch) {
    if (operation === null) continue;
    if (!isMap(operation)) throw cannot(operation, 'handlers.jsonPatchOp');
    for (const name of ['op', 'from', 'path']) {
      const text = operation[name];
      if (text === undefined || text === null || typeof text === 'string') continue;
      throw badRequest(
        `error decoding patch: json: cannot unmarshal ${jsonType(text)} into Go struct field jsonPatchOp.${name} of type string`,
      );
    }
  }
  if (patch.length > maxOperations) {
    throw tooLarge(`The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`);
  }
  try {
    const operations = copyJson(patch) as Operation[];
    let newDocument: unknown = copyJson(live);
    for (const operation of operations) {
      newDocument = jsonPatch.applyPatch(
        newDocument,
        [asGoApplies(operation, newDocument)],
        true,
        true,
        true,
      ).newDocument;
    }
    if (!isMap(newDocument)) throw refused();
    const pointers = patch.flatMap((op) => [op.path, op.from]).filter((p) => typeof p === 'string');
    return sortAlong(
      newDocument,
      pointers.map((pointer: string) => pointer.split('/').slice(1, -1)),
    );
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw refused(error);
  }
}

/**
 * evanphx/json-patch: an added value that is missing is null, what is replaced in a map need not be there, and what is
 * copied from a map and is not there is null.
 */
function asGoApplies(operation: Operation, document: unknown): Operation {
  if (operation?.op === 'copy' && isAbsentIn(document, operation.from)) {
    return { op: 'add', path: operation.path, value: null };
  }
  if (operation?.op !== 'add' && operation?.op !== 'replace') return operation;
  const { path, value = null } = operation;
  // A place in a list that is replaced has to exist.
  return operation.op === 'replace' && (path === '' || /\/(?:\d+|-)$/.test(path))
    ? { ...operation, value }
    : { op: 'add', path, value };
}

/** Whether the pointer leads to a map that has no such key. */
function isAbsentIn(document: unknown, pointer: unknown): boolean {
  if (typeof pointer !== 'string' || !pointer.startsWith('/')) return false;
  const steps = pointer.split('/').slice(1).map(jsonPatch.unescapePathComponent);
  const last = steps.pop() ?? '';
  let at = document;
  for (const step of steps) at = isMap(at) || Array.isArray(at) ? ownValue(at as JsonMap, step) : undefined;
  return isMap(at) && !Object.hasOwn(at, last);
}

function refused(cause?: unknown): ApiError {
  const error = new ApiError({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: {},
  });
  error.cause = cause;
  return error;
}

function sortAlong(value: JsonMap, paths: readonly (readonly string[])[]): JsonMap {
  if (paths.length === 0) return value;
  const out: JsonMap = {};
  for (const key of Object.keys(value).sort()) setOwn(out, key, sortBelow(value[key], key, paths));
  return out;
}

function sortBelow(value: unknown, key: string, paths: readonly (readonly string[])[]): unknown {
  const escaped = key.replaceAll('~', '~0').replaceAll('/', '~1');
  const below = paths.filter(([first]) => first === escaped).map((path) => path.slice(1));
  if (below.length === 0) return value;
  if (Array.isArray(value)) return value.map((item, i) => sortBelow(item, String(i), below));
  return isMap(value) ? sortAlong(value, below) : value;
}

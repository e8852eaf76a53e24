import type { Stored } from '../../kube/meta.ts';
import type { ResourceDefinition } from '../definition.ts';
import { quote } from '../errors/field.ts';
import { ApiError, badRequest, expired, notFound, plainError, revisionTooLarge } from '../errors/status.ts';
import { RevisionExpired } from '../store/store.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import type { Core } from './core.ts';
import { bucketOf, fromStored } from './keys.ts';
import { selectionOf } from './selection.ts';
import type { ListRequest, ListResult } from './types.ts';

/** Reads one object; a resourceVersion only says how old the answer may be. */
export function getObject(
  core: Core,
  d: ResourceDefinition,
  namespace: string | undefined,
  name: string,
  resourceVersion?: string,
): Stored {
  if (d.computed) {
    const computed = d.computed(core).find(({ metadata }) => metadata.name === name);
    if (!computed) throw notFound({ group: d.group, resource: d.singular }, name);
    return computed;
  }
  const least = parseRevision(resourceVersion, (text) => plainError(text));
  if (least > core.store.revision) throw revisionTooLarge(resourceVersion, core.store.revision);
  const found = core.find(d, namespace, name);
  if (!found) throw notFound(d, name);
  return found;
}

/**
 * 0 for none. What is larger than any revision can be loses its last digits, not its being larger.
 * @param refuse makes the error of what is no 64-bit number
 */
export function parseRevision(text: string | undefined, refuse: (message: string) => ApiError): number {
  if (text === undefined || text === '') return 0;
  if (!/^\d+$/.test(text)) {
    throw refuse(unparsable(text, 'invalid syntax'));
  }
  if (BigInt(text) >= 2n ** 64n) throw refuse(unparsable(text, 'value out of range'));
  return Number(text);
}

function unparsable(text: string, why: string): string {
  const shown = quote(text);
  return `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: ${why}`;
}

/** A page of a list: which revision it shows, where it starts, how long it may be. */
interface Page {
  revision: number;
  start?: string;
  limit: number;
}

/** LIST with the semantics of resourceVersion, resourceVersionMatch, limit and continue of the API concepts page. */
export function listObjects(core: Core, d: ResourceDefinition, request: ListRequest): ListResult {
  const selection = selectionOf(d, request);
  if (d.computed) return { items: d.computed(core).filter((object) => selection.matches(object)), resourceVersion: '' };
  const under = d.namespaced && request.namespace ? `${request.namespace}/` : '';
  const page = pageOf(core, request, under);
  if (page.revision > core.store.revision) throw revisionTooLarge(request.resourceVersion, core.store.revision);
  const items: Stored[] = [];
  let lastId: string | undefined;
  let more = false;
  let remaining = 0;
  try {
    for (const [id, stored] of core.store.entries(bucketOf(d), { under, revision: page.revision, start: page.start })) {
      if (items.length >= page.limit) {
        more = true;
        if (!selection.empty) break;
        remaining++;
        continue;
      }
      const object = fromStored(d, stored);
      lastId = id;
      if (selection.matches(object)) items.push(object);
    }
  } catch (error) {
    if (error instanceof RevisionExpired) throw tooOld(request, page, under);
    throw error;
  }
  const result: ListResult = { items, resourceVersion: String(page.revision) };
  if (more && lastId !== undefined) {
    result.continue = encodeContinue(lastId.slice(under.length), page.revision);
    if (selection.empty) result.remainingItemCount = remaining;
  }
  return result;
}

function pageOf(core: Core, request: ListRequest, under: string): Page {
  const current = core.store.revision;
  const { resourceVersion = '', resourceVersionMatch: match } = request;
  const limit = request.limit && request.limit > 0 ? request.limit : Number.POSITIVE_INFINITY;
  if (request.continue) {
    const token = decodeContinue(request.continue);
    if (resourceVersion !== '' && resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    return { revision: token.revision < 0 ? current : token.revision, start: under + token.start, limit };
  }
  const revision = parseRevision(resourceVersion, (text) => badRequest(`invalid resource version: ${text}`));
  // 0: whatever the cache has, and the cache has all of it.
  if (revision === 0) return { revision: current, limit: resourceVersion === '' ? limit : Number.POSITIVE_INFINITY };
  if (match === 'Exact' || (match === undefined && Number.isFinite(limit))) return { revision, limit };
  return { revision: Math.max(revision, current), limit };
}

function tooOld(request: ListRequest, page: Page, under: string): ApiError {
  if (!request.continue) return expired('The resourceVersion for the provided list is too old.');
  const error = expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
      'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
      'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
      'deleted between the time the first chunk was returned and now may show up in the list.',
  );
  const start = (page.start ?? '').slice(under.length).replace(/\0$/, '');
  return new ApiError({
    ...error.status,
    code: 410,
    message: error.message,
    metadata: { continue: encodeContinue(start, -1) },
  });
}

import { ownValue } from '../../kernel/own.ts';
import { parseFieldSelector } from '../../kube/field-selectors.ts';
import { parseGoBoolean, parseGoQuery } from './query.ts';

/** What a request is about, read once from method, path and query (kube-apiserver's RequestInfo). */
export interface RequestInfo {
  method: string;
  /** Decoded, without query. */
  path: string;
  query: URLSearchParams;
  isResourceRequest: boolean;
  /** `list`, `watch`, `deletecollection`, ...; of other paths the method in lower case. */
  verb: string;
  /** `api` or `apis`; empty for other paths. */
  apiPrefix: string;
  group: string;
  version: string;
  namespace: string;
  resource: string;
  subresource: string;
  /** From the path, or what a metadata.name field selector names: for authorization. */
  name: string;
  /** The path's segments from the resource on. */
  parts: readonly string[];
  /** The old form `/api/v1/watch/...`. */
  watchByPath: boolean;
  fieldSelector?: string;
  labelSelector?: string;
}

const verbOfMethod: Record<string, string> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** What follows a namespace's name without being a resource of its own. */
const namespaceSubresources = new Set(['status', 'finalize']);

/**
 * Reads `target` (path and query as in the request line). Never fails: what is no resource request is one of a plain path.
 * Follows k8s.io/apiserver's RequestInfoFactory, which decides what authorization sees.
 */
export function requestInfo(method: string, target: string): RequestInfo {
  const mark = target.indexOf('?');
  const path = decode(mark < 0 ? target : target.slice(0, mark));
  const query = parseGoQuery(mark < 0 ? '' : target.slice(mark + 1));
  const info: RequestInfo = {
    method,
    path,
    query,
    isResourceRequest: false,
    verb: method.toLowerCase(),
    apiPrefix: '',
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    parts: [],
    watchByPath: false,
  };
  let parts = splitPath(path);
  const prefix = parts[0];
  if (parts.length < 3 || (prefix !== 'api' && prefix !== 'apis')) return info;
  info.apiPrefix = prefix;
  parts = parts.slice(1);
  if (prefix === 'apis') {
    if (parts.length < 3) return info;
    info.group = parts[0] ?? '';
    parts = parts.slice(1);
  }
  info.isResourceRequest = true;
  info.version = parts[0] ?? '';
  parts = parts.slice(1);
  info.verb = ownValue(verbOfMethod, method) ?? '';
  if ((parts[0] === 'watch' || parts[0] === 'proxy') && parts.length > 1) {
    info.verb = parts[0];
    info.watchByPath = parts[0] === 'watch';
    parts = parts.slice(1);
  }
  if (parts[0] === 'namespaces' && parts.length > 1) {
    info.namespace = parts[1] ?? '';
    if (parts.length > 2 && !namespaceSubresources.has(parts[2] ?? '')) parts = parts.slice(2);
  }
  info.parts = parts;
  info.resource = parts[0] ?? '';
  info.name = parts[1] ?? '';
  if (info.verb !== 'proxy') info.subresource = parts[2] ?? '';
  refineCollectionVerb(info);
  return info;
}

/** A path without a name lists or watches; a selector by name counts as a name. */
function refineCollectionVerb(info: RequestInfo): void {
  if (info.name === '' && info.verb === 'get') {
    info.verb = parseGoBoolean(info.query, 'watch') ? 'watch' : 'list';
    const name = nameOfSelector(info.query.get('fieldSelector'));
    if (name !== undefined && isPathSegment(name)) info.name = name;
  }
  if (info.name === '' && info.verb === 'delete') info.verb = 'deletecollection';
  if (info.verb === 'list' || info.verb === 'watch' || info.verb === 'deletecollection') {
    info.fieldSelector = info.query.get('fieldSelector') || undefined;
    info.labelSelector = info.query.get('labelSelector') || undefined;
  }
}

/** The name that a field selector requires, if it does. */
export function nameOfSelector(selector: string | null): string | undefined {
  if (!selector) return undefined;
  try {
    return parseFieldSelector(selector).find((term) => term.field === 'metadata.name' && term.operator !== '!=')?.value;
  } catch {
    return undefined;
  }
}

function isPathSegment(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/%]/.test(name);
}

/** The segments of a path; slashes at both ends don't count. */
export function splitPath(path: string): string[] {
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? [] : trimmed.split('/');
}

/** Whether Go's server would refuse to read the path at all: an escape in it is none. */
export function isUnreadable(target: string): boolean {
  return /%(?![0-9a-f]{2})/i.test(target.split('?', 1)[0] ?? '');
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

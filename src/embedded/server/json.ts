import type { KubeObject } from '../../kube/meta.ts';

/**
 * JSON of API objects, type first as Kubernetes writes it. Stored objects never change, so the text of one is made once
 * and serves every list, get and watcher.
 */
const bodies = new WeakMap<object, string>();

/** Without apiVersion and kind: how an object stands in a list. */
export function itemJson(object: KubeObject): string {
  let text = bodies.get(object);
  if (text === undefined) {
    const { apiVersion: _apiVersion, kind: _kind, ...rest } = object;
    text = JSON.stringify(rest);
    bodies.set(object, text);
  }
  return text;
}

/** `kind` and `apiVersion` go first, or as sorted in custom resources. */
export function objectJson(object: KubeObject): string {
  if (Object.keys(object)[0] === 'apiVersion') return `{${customHead(object)},${itemJson(object).slice(1)}`;
  return typed(object.kind, object.apiVersion, itemJson(object));
}

function typed(kind: string | undefined, apiVersion: string | undefined, rest: string): string {
  const head = JSON.stringify({ kind, apiVersion });
  if (rest === '{}') return head;
  return head === '{}' ? rest : `${head.slice(0, -1)},${rest.slice(1)}`;
}

/** A list of one kind; its items go without their type. */
export function listJson(kind: string, apiVersion: string, metadata: unknown, items: readonly KubeObject[]): string {
  const head = JSON.stringify({ kind, apiVersion, metadata });
  return `${head.slice(0, -1)},"items":[${items.map(itemJson).join(',')}]}`;
}

const customHead = ({ apiVersion, kind }: KubeObject) => JSON.stringify({ apiVersion, kind }).slice(1, -1);

/** A list of custom resources: all keys sorted, and each item says what it is. */
export function customListJson(
  kind: string,
  apiVersion: string,
  metadata: { continue?: string },
  items: readonly KubeObject[],
): string {
  const rest = JSON.stringify({ kind, metadata: Object.fromEntries(Object.entries(metadata).sort()) });
  return `{"apiVersion":${JSON.stringify(apiVersion)},"items":[${items.map(objectJson).join(',')}],${rest.slice(1)}`;
}

/** As people read it: for curl, browsers and `?pretty`. */
export function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

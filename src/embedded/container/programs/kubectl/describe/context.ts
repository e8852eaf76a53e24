import type { KubeObject } from '../../../../../kube/meta.ts';
import type { Obj, RestClient } from '../../../api-client/client.ts';
import type { ApiResource } from '../discovery.ts';
import type { DescribeWriter } from './writer.ts';

/** What a describer may ask for while it writes. */
export interface DescribeContext {
  client: RestClient;
  /** What kind of object is described. */
  resource: ApiResource;
  showEvents: boolean;
  /** Milliseconds since 1970, which ages are told from. */
  now: number;
  /** How many objects the server is asked for at a time. */
  chunkSize: string;
}

/** Writes one object. Requests it makes may throw StatusError. */
export type Describer<T extends KubeObject> = (w: DescribeWriter, object: T, context: DescribeContext) => Promise<void>;

/** An object at a path, taken for what the path promises. Throws StatusError. */
export async function fetchObject<T>(context: DescribeContext, path: string): Promise<T> {
  return (await context.client.json(path)) as unknown as T;
}

/** All objects of a collection, asked for in chunks. Throws StatusError. */
export async function fetchAll<T>(
  context: DescribeContext,
  path: string,
  query: Record<string, string | undefined> = {},
): Promise<T[]> {
  const items: T[] = [];
  let next: string | undefined;
  do {
    const page = await context.client.json(path, { query: { ...query, limit: context.chunkSize, continue: next } });
    items.push(...((page.items ?? []) as unknown as T[]));
    next = ((page.metadata ?? {}) as Obj).continue as string | undefined;
  } while (next);
  return items;
}

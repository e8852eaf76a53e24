/** Where the objects of the store are among etcd's keys; keys are strings with a character a byte. */
import { ownValue } from '../../kernel/own.ts';

/** Resources whose key names their group, as recorded from a control plane of v1.35. */
const grouped: Readonly<Record<string, string>> = {
  apiservices: 'apiregistration.k8s.io/apiservices',
  customresourcedefinitions: 'apiextensions.k8s.io/customresourcedefinitions',
};
const registry = '/registry/';

/** The bucket of keys that are no objects of Kubernetes; ids in it are the keys themselves. */
export const plainBucket = 'etcd-keys';

/** What all keys of a bucket begin with. */
export function prefixOf(bucket: string): string {
  return bucket === plainBucket ? '' : `${registry}${ownValue(grouped, bucket) ?? bucket}/`;
}

export function keyOf(bucket: string, id: string): string {
  return `${prefixOf(bucket)}${id}`;
}

/** The place of a key, where objects may be in `buckets`. */
export function placeOf(key: string, buckets: Iterable<string>): { bucket: string; id: string } {
  let found = plainBucket;
  if (key.startsWith(registry)) {
    for (const bucket of buckets) {
      const prefix = prefixOf(bucket);
      if (key.startsWith(prefix) && key.length > prefix.length && prefix.length > prefixOf(found).length)
        found = bucket;
    }
  }
  return { bucket: found, id: key.slice(prefixOf(found).length) };
}

export const keyText = (key: Uint8Array): string => Buffer.from(key).toString('latin1');
export const keyBytes = (key: string): Uint8Array => Buffer.from(key, 'latin1');

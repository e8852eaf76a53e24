/** Objects as etcd keeps them: protobuf where the kind has it, else JSON; without the resourceVersion, which is the key's. */
import { apiVersionOf, type KubeObject, type Stored } from '../../kube/meta.ts';
import { normalize } from '../codec/decode.ts';
import { decodeProtobuf, encodeProtobuf, hasProtobuf } from '../codec/protobuf.ts';
import type { ResourceDefinition } from '../definition.ts';
import { bucketOf } from '../registry/keys.ts';
import { plainBucket } from './keys.ts';

/** The server of apiregistration.k8s.io and apiextensions.k8s.io stores JSON, as seen in a control plane of v1.35. */
const inJson = /^(apiregistration|apiextensions)\.k8s\.io\//;
const magic = Buffer.from('k8s\0');

/** A key that is no object of Kubernetes, in the form that the store keeps. */
interface PlainValue extends KubeObject {
  /** Base64. */
  value: string;
}

/** A value that cannot be kept as the object that its key names. */
export class ValueError extends Error {}

const encoded = new WeakMap<Stored, Uint8Array>();

/** The bytes that etcd holds for an object. */
export function bytesOf(bucket: string, object: Stored): Uint8Array {
  let bytes = encoded.get(object);
  if (!bytes) {
    bytes = encodeValue(bucket, object);
    encoded.set(object, bytes);
  }
  return bytes;
}

function encodeValue(bucket: string, object: Stored): Uint8Array {
  if (bucket === plainBucket) return Buffer.from((object as Stored<PlainValue>).value, 'base64');
  const { resourceVersion: _, ...metadata } = object.metadata;
  const { apiVersion = '', kind = '', ...rest } = object;
  const plain = { kind, apiVersion, ...rest, metadata };
  if (hasProtobuf(apiVersion, kind) && !inJson.test(apiVersion)) return encodeProtobuf(plain);
  return Buffer.from(`${JSON.stringify(plain)}\n`);
}

/**
 * The object of a value.
 * @throws ValueError for what is no object of the resource that `bucket` holds
 */
export function objectOf(
  bucket: string,
  id: string,
  value: Uint8Array,
  definitions: readonly ResourceDefinition[],
): KubeObject {
  if (bucket === plainBucket) {
    const plain: PlainValue = { metadata: { name: id }, value: Buffer.from(value).toString('base64') };
    return plain;
  }
  const own = definitions.filter((d) => bucketOf(d) === bucket);
  let object: KubeObject;
  try {
    const binary = magic.equals(value.subarray(0, magic.length));
    object = binary ? decodeProtobuf(value).object : JSON.parse(Buffer.from(value).toString('utf8'));
  } catch (cause) {
    throw new ValueError(`no object of ${bucket}: ${(cause as Error).message}`, { cause });
  }
  const d = own.find((one) => apiVersionOf(one) === object.apiVersion && one.kind === object.kind);
  if (!d) {
    // Of a custom resource whose definition is not there at the moment.
    if (own.length === 0 && object.kind && object.metadata?.name) return object;
    throw new ValueError(`no object of ${bucket}: ${object.apiVersion ?? ''} ${object.kind ?? ''}`);
  }
  try {
    return normalize(d, object, 'Ignore').object;
  } catch (cause) {
    throw new ValueError(`no object of ${bucket}: ${(cause as Error).message}`, { cause });
  }
}

/** What etcd holds for the objects of a whole cluster, and what is read from it again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import { keyOf } from '../../../src/embedded/etcd/keys.ts';
import { bytesOf, objectOf } from '../../../src/embedded/etcd/values.ts';
import { createClusterNetwork } from '../../../src/embedded/network/index.ts';
import { bucketOf } from '../../../src/embedded/registry/keys.ts';
import { builtinResources } from '../../../src/embedded/resources/index.ts';
import type { Stored } from '../../../src/kube/meta.ts';

let cluster: EmbeddedCluster;
beforeAll(async () => {
  cluster = await createEmbeddedCluster({
    runtime: (context) =>
      createContainerRuntime({ network: createClusterNetwork(context), nodes: context.cluster.nodes }),
  });
  await cluster.systemRuns();
});
afterAll(() => cluster.stop());

describe('values of etcd', () => {
  it('hold every object of a cluster as it is', () => {
    const objects = cluster.objects('now');
    expect(objects.length).toBeGreaterThan(200);
    for (const { resource, object } of objects) {
      const bucket = bucketOf(resource);
      const { namespace, name } = object.metadata;
      const id = namespace === undefined ? name : `${namespace}/${name}`;
      const value = bytesOf(bucket, object as Stored);
      const { resourceVersion: _, ...metadata } = object.metadata;
      const expected = { ...object, metadata };
      expect(objectOf(bucket, id, value, builtinResources as never), keyOf(bucket, id)).toEqual(expected);
    }
  });
});

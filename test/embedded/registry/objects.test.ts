import { expect, it } from 'vitest';
import { withResources } from '../../../src/embedded/cluster/objects.ts';
import { bucketOf } from '../../../src/embedded/registry/keys.ts';
import { builtinResources } from '../../../src/embedded/resources/index.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { configMaps, services } from '../../../src/kube/resources.ts';

const object = (apiVersion: string, kind: string, namespace?: string) =>
  ({ apiVersion, kind, metadata: { name: 'x', ...(namespace && { namespace }) } }) as Stored;

it('finds what stored objects are objects of, those of deleted definitions too', () => {
  const parcel = object('depot.example.com/v1', 'Parcel', 'depot');
  const lorry = object('depot.example.com/v1beta1', 'Lorry');
  const found = withResources(
    [
      { bucket: bucketOf(services), object: object('v1', 'Service', 'ns') },
      { bucket: bucketOf(configMaps), object: object('v1', 'ConfigMap', 'ns') },
      { bucket: 'depot.example.com/parcels', object: parcel },
      { bucket: 'depot.example.com/lorries', object: lorry },
    ],
    builtinResources,
  );
  const group = 'depot.example.com';
  expect(found.map(({ resource }) => resource)).toEqual([
    services,
    configMaps,
    { group, version: 'v1', resource: 'parcels', kind: 'Parcel', namespaced: true },
    { group, version: 'v1beta1', resource: 'lorries', kind: 'Lorry', namespaced: false },
  ]);
  expect(found[2]?.object).toBe(parcel);
});

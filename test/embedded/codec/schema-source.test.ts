import { describe, expect, it } from 'vitest';
import { factsOf, findFacts } from '../../../src/embedded/codec/facts.ts';
import { schemaOf } from '../../../src/embedded/codec/schema-source.ts';
import { findKind } from '../../../src/embedded/codec/type-table.ts';
import { typePackages } from '../../../src/embedded/generated/types.gen.ts';
import type { TypeSchema } from '../../../src/embedded/schema.ts';

/** Follows fields, `[]` into the items of a list and `{}` into the values of a map. */
function at(type: string, ...path: string[]): TypeSchema {
  return path.reduce<TypeSchema>((schema, step) => {
    if (step === '[]' && schema.kind === 'list') return schema.items;
    if (step === '{}' && schema.kind === 'map') return schema.values;
    const next = schema.kind === 'object' ? schema.fields.get(step)?.schema : undefined;
    if (!next) throw new Error(`nothing at ${step}`);
    return next;
  }, schemaOf(type));
}

const pod = 'io.k8s.api.core.v1.Pod';

describe('schemaOf', () => {
  it('knows list types, map keys and their defaults', () => {
    expect(at(pod, 'spec', 'containers')).toMatchObject({ kind: 'list', listType: 'map', mapKeys: ['name'] });
    expect(at(pod, 'spec', 'tolerations')).toMatchObject({ kind: 'list', listType: 'atomic' });
    expect(at(pod, 'metadata', 'finalizers')).toMatchObject({ kind: 'list', listType: 'set' });
    const ports = at(pod, 'spec', 'containers', '[]', 'ports');
    expect(ports).toMatchObject({ mapKeys: ['containerPort', 'protocol'] });
    const port = at(pod, 'spec', 'containers', '[]', 'ports', '[]');
    expect(port.kind === 'object' && port.fields.get('protocol')?.default).toBe('TCP');
  });

  it('knows patch strategies and merge keys', () => {
    const spec = at(pod, 'spec');
    const volumes = spec.kind === 'object' ? spec.fields.get('volumes') : undefined;
    expect(volumes).toMatchObject({ patchStrategy: ['merge', 'retainKeys'], patchMergeKey: 'name' });
  });

  it('resolves inlined structs and tells scalars apart', () => {
    expect(at(pod, 'spec', 'volumes', '[]', 'emptyDir', 'sizeLimit')).toMatchObject({ type: 'quantity' });
    expect(at(pod, 'spec', 'containers', '[]', 'livenessProbe', 'httpGet', 'port')).toMatchObject({
      type: 'intOrString',
    });
    expect(at(pod, 'metadata', 'creationTimestamp')).toMatchObject({ type: 'time' });
    expect(at('io.k8s.api.coordination.v1.Lease', 'spec', 'renewTime')).toMatchObject({ type: 'microtime' });
    expect(at('io.k8s.api.core.v1.Secret', 'data', '{}')).toMatchObject({ type: 'bytes' });
    expect(at('io.k8s.api.apps.v1.ControllerRevision', 'data')).toMatchObject({ type: 'any' });
  });

  it('knows atomic maps and structs, also where a field overrules its type', () => {
    expect(at(pod, 'spec', 'nodeSelector')).toMatchObject({ kind: 'map', atomic: true });
    expect(at(pod, 'metadata', 'labels')).toMatchObject({ kind: 'map', atomic: false });
    expect(at('io.k8s.api.rbac.v1.RoleBinding', 'roleRef')).toMatchObject({ kind: 'object', atomic: true });
    expect(schemaOf('io.k8s.api.core.v1.ObjectReference').atomic).toBe(true);
    expect(at('io.k8s.api.core.v1.PersistentVolume', 'spec', 'claimRef')).toMatchObject({ atomic: false });
  });

  it('can be built for every generated type, and for no other', () => {
    for (const [name, text] of Object.entries(typePackages)) {
      for (const type of Object.keys(JSON.parse(text) as object)) {
        for (const field of schemaOf(`${name}.${type}`).fields.values()) expect(field.schema.kind).toBeTruthy();
      }
    }
    expect(() => schemaOf('com.example.v1.Widget')).toThrow('no type com.example.v1.Widget');
  });
});

describe('facts', () => {
  it('are those of the recorded server', () => {
    expect(factsOf('', 'v1', 'pods')).toMatchObject({
      kind: 'Pod',
      namespaced: true,
      shortNames: ['po'],
      schema: pod,
      returnsDeleted: true,
      subresources: { eviction: { groupVersionKind: { group: 'policy', version: 'v1', kind: 'Eviction' } } },
    });
    expect(() => factsOf('apps', 'v1', 'pods')).toThrow('no recorded facts of pods in apps/v1');
    expect(findFacts('example.com', 'v1', 'widgets')).toBeUndefined();
  });

  it('find kinds in their group version, those of meta/v1 in every one', () => {
    expect(findKind('autoscaling/v1', 'Scale')?.name).toBe('io.k8s.api.autoscaling.v1.Scale');
    expect(findKind('rbac.authorization.k8s.io/v1', 'DeleteOptions')?.name).toMatch(/meta\.v1\.DeleteOptions$/);
    expect(findKind('v1', 'PodSpec')).toBeUndefined();
  });
});

import type { TokenRequest } from '../../kube/api.gen.ts';
import type { KubeObject } from '../../kube/meta.ts';
import { kindTarget } from '../codec/decode.ts';
import { metadataCells, metadataColumns } from '../codec/views.ts';
import type { ResourceDefinition, Strategy } from '../definition.ts';

/** Defaults of such kinds (SetDefaults_* of kube-apiserver). */
const strategies: Readonly<Record<string, Strategy<KubeObject>>> = {
  TokenRequest: {
    defaults(object) {
      const request = object as TokenRequest;
      request.spec ??= { audiences: [] };
      request.spec.expirationSeconds ??= 3600;
    },
  },
};

const known = new Map<string, ResourceDefinition>();

/** A definition of a kind that only subresources speak (Scale, TokenRequest): enough to decode and to patch it. */
export function definitionOfKind(of: { group: string; version: string; kind: string }): ResourceDefinition {
  const key = `${of.group}/${of.version} ${of.kind}`;
  let definition = known.get(key);
  if (!definition) {
    const { group, version, kind, schema } = kindTarget(of.group, of.version, of.kind);
    const singular = kind.toLowerCase();
    const behaviour = { strategy: strategies[kind] ?? {}, columns: metadataColumns, cells: metadataCells };
    definition = { group, version, kind, schema, singular, resource: `${singular}s`, namespaced: true, ...behaviour };
    known.set(key, definition);
  }
  return definition;
}

import { kindTarget } from '../codec/decode.ts';
import type { ResourceDefinition } from '../definition.ts';

const known = new Map<string, ResourceDefinition>();

/** A definition of a kind that only subresources speak (Scale, TokenRequest): enough to decode and to patch it. */
export function definitionOfKind(of: { group: string; version: string; kind: string }): ResourceDefinition {
  const key = `${of.group}/${of.version} ${of.kind}`;
  let definition = known.get(key);
  if (!definition) {
    const { group, version, kind, schema } = kindTarget(of.group, of.version, of.kind);
    const singular = kind.toLowerCase();
    const behaviour = { strategy: {}, columns: [], cells: () => [] };
    definition = { group, version, kind, schema, singular, resource: `${singular}s`, namespaced: true, ...behaviour };
    known.set(key, definition);
  }
  return definition;
}

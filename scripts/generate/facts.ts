/**
 * Writes src/embedded/generated/facts.gen.ts: what the recorded server publishes of every resource (discovery, table
 * columns, schema name), one JSON text a group version, and the order in which it lists its groups.
 */
import { openApiDocuments, openApiSchemas, readRecorded, writeTexts } from './recorded.ts';

interface Kind {
  group: string;
  version: string;
  kind: string;
}
interface DiscoveredResource {
  resource: string;
  singularResource: string;
  scope: 'Namespaced' | 'Cluster';
  shortNames?: string[];
  categories?: string[];
  verbs: string[];
  responseKind: Kind;
  subresources?: { subresource: string; responseKind: Kind; verbs: string[] }[];
}
interface AggregatedDiscovery {
  body: {
    items: { metadata: { name?: string }; versions: { version: string; resources: DiscoveredResource[] }[] }[];
  };
}
interface LegacyList {
  resources: { name: string; storageVersionHash?: string }[];
}

/** Writes the file. */
export function generateFacts(): void {
  const columns = readRecorded<Record<string, unknown[]>>('tables/columns.json');
  const schemaNames = new Map<string, string>();
  for (const [name, schema] of openApiSchemas()) {
    for (const { group, version, kind } of schema['x-kubernetes-group-version-kind'] ?? []) {
      schemaNames.set(`${group}/${version}/${kind}`, name);
    }
  }
  const returnsDeleted = resourcesThatReturnDeleted();
  const facts = new Map<string, unknown>();
  const order: [group: string, versions: string[]][] = [];
  for (const root of ['api', 'apis']) {
    for (const group of readRecorded<AggregatedDiscovery>(`discovery/${root}.aggregated.json`).body.items) {
      const name = group.metadata.name ?? '';
      order.push([name, group.versions.map((v) => v.version)]);
      for (const { version, resources } of group.versions) {
        const groupVersion = name === '' ? version : `${name}/${version}`;
        const legacy = readRecorded<LegacyList>(
          `discovery/legacy/${name === '' ? 'api' : `apis__${name}`}__${version}.json`,
        );
        const hashes = new Map(legacy.resources.map((r) => [r.name, r.storageVersionHash]));
        facts.set(
          groupVersion,
          Object.fromEntries(
            resources.map((r) => [
              r.resource,
              {
                kind: r.responseKind.kind,
                namespaced: r.scope === 'Namespaced',
                singular: r.singularResource,
                shortNames: r.shortNames,
                categories: r.categories,
                verbs: r.verbs,
                schema: schemaNames.get(`${name}/${version}/${r.responseKind.kind}`),
                storageVersionHash: hashes.get(r.resource),
                returnsDeleted: returnsDeleted.has(`${groupVersion}/${r.resource}`) || undefined,
                subresources: Object.fromEntries(
                  (r.subresources ?? []).map(({ subresource, responseKind, verbs }) => [
                    subresource,
                    { verbs, groupVersionKind: ofSubresource(responseKind, r.responseKind.kind, name, version) },
                  ]),
                ),
                columns: columns[`${groupVersion}/${r.resource}`],
              },
            ]),
          ),
        );
      }
    }
  }
  facts.set('', order);
  facts.set('unserved', unservedKinds());
  const options = openApiSchemas().get('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions');
  const everywhere = options?.['x-kubernetes-group-version-kind'] ?? [];
  facts.set(
    'metaGroupVersions',
    everywhere.map(({ group, version }) => [group, version]),
  );
  writeTexts(
    'facts.gen.ts',
    'Recorded facts of every resource, by group version; the order of groups under "".',
    'resourceFacts',
    facts,
  );
}

/** Resources whose DELETE answers with the object; the others answer with a Status. */
function resourcesThatReturnDeleted(): Set<string> {
  const found = new Set<string>();
  for (const [document, { paths }] of openApiDocuments()) {
    for (const [path, operations] of Object.entries(paths)) {
      const operation = operations.delete;
      if (operation?.action !== 'delete' || operation.responses[200]?.schema?.endsWith('.Status')) continue;
      found.add(`${document.replace(/^apis?\//, '')}/${path.split('/').at(-2)}`);
    }
  }
  return found;
}

/** Kinds of group versions that the scheme knows and the server does not serve: apps/v1beta1 and the like. */
function unservedKinds(): Record<string, string[]> {
  const { kinds } = readRecorded<{ kinds: Record<string, string> }>('protobuf.json');
  const found: Record<string, string[]> = {};
  for (const [kind, message] of Object.entries(kinds)) {
    if (message.includes('.meta.v1.') || !/\/v\d+(?:alpha|beta)\d+\//.test(kind)) continue;
    const slash = kind.lastIndexOf('/');
    found[kind.slice(0, slash)] = [...(found[kind.slice(0, slash)] ?? []), kind.slice(slash + 1)];
  }
  return found;
}

/** Undefined where a subresource returns the resource's own kind. */
function ofSubresource(kind: Kind, own: string, group: string, version: string): Kind | undefined {
  if (kind.kind === own) return undefined;
  return kind.version === '' ? { group, version, kind: kind.kind } : kind;
}

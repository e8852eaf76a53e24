import { readFileSync } from 'node:fs';
import type { Column, Subresource } from '../definition.ts';

interface DiscoveredKind {
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
  responseKind: DiscoveredKind;
  subresources?: { subresource: string; responseKind: DiscoveredKind; verbs: string[] }[];
}

interface DiscoveredGroup {
  metadata: { name?: string };
  versions: { version: string; resources: DiscoveredResource[] }[];
}

function fixture(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../fixtures/kubernetes/${path}`, import.meta.url), 'utf8'));
}

const groups = (['api', 'apis'] as const).flatMap(
  (root) => (fixture(`discovery/${root}.aggregated.json`) as { body: { items: DiscoveredGroup[] } }).body.items,
);
const columns = fixture('tables/columns.json') as Record<string, Column[]>;

/** What a v1.35 API server publishes of one resource, as recorded. */
export function recordedFacts(group: string, version: string, resource: string) {
  const found = groups
    .find((g) => (g.metadata.name ?? '') === group)
    ?.versions.find((v) => v.version === version)
    ?.resources.find((r) => r.resource === resource);
  if (found === undefined) throw new Error(`no recorded facts of ${group}/${version} ${resource}`);
  const path = group === '' ? `api__${version}` : `apis__${group}__${version}`;
  const openapi = fixture(`openapi/${path}.json`) as {
    components: { schemas: Record<string, { 'x-kubernetes-group-version-kind'?: DiscoveredKind[] }> };
  };
  const kind = found.responseKind.kind;
  const schema = Object.entries(openapi.components.schemas).find(([, s]) =>
    s['x-kubernetes-group-version-kind']?.some((k) => k.group === group && k.version === version && k.kind === kind),
  )?.[0];
  const subresources: Record<string, Subresource> = {};
  for (const { subresource, responseKind, verbs } of found.subresources ?? []) {
    subresources[subresource] = {
      verbs,
      groupVersionKind:
        responseKind.kind === kind
          ? undefined
          : responseKind.version === ''
            ? { group, version, kind: responseKind.kind }
            : responseKind,
    };
  }
  return {
    kind,
    namespaced: found.scope === 'Namespaced',
    singular: found.singularResource,
    shortNames: found.shortNames,
    categories: found.categories,
    verbs: found.verbs,
    schema: schema ?? kind,
    columns: columns[`${group === '' ? '' : `${group}/`}${version}/${resource}`] ?? [],
    subresources,
  };
}

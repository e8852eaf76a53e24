/** The OpenAPI v3 documents that kubectl reads for apply, explain, diff and validation. */
import { createHash } from 'node:crypto';
import type { ResourceDefinition } from '../definition.ts';
import { typePackages } from '../generated/types.gen.ts';
import { hasDescriptions, typeDescriptions } from './descriptions.ts';
import { groupsOf } from './discovery.ts';
import { groupName, groupVersionName, type PathItem, plainOperation, resourcePaths } from './openapi-paths.ts';
import { type OpenApiSchema, openApiSchemas } from './openapi-schemas.ts';

type Definitions = readonly ResourceDefinition[];

export interface OpenApiDocument {
  openapi: '3.0.0';
  info: { title: string; version: string };
  paths: Record<string, PathItem>;
  components?: { schemas?: Record<string, OpenApiSchema>; securitySchemes?: unknown };
}

/** Raised when documents change for the same definitions: clients keep them by the hash in their address. */
const revision = 2;
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const kubernetesVersion = 'v1.35.4';

/**
 * `/openapi/v3`: the address of every document, with a hash of its content.
 */
export function openApiIndex(definitions: Definitions): { paths: Record<string, { serverRelativeURL: string }> } {
  const paths = documentPaths(definitions).map((path) => {
    const hash = openApiHash(definitions, path);
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const;
  });
  return { paths: Object.fromEntries(paths) };
}

/** The hash in a document's address and its ETag. It is made of what the document is made of, not of its bytes. */
export function openApiHash(definitions: Definitions, path: string): string {
  const [, group, version] = split(path);
  const about = definitions
    .filter((d) => d.group === group && (version === undefined || d.version === version))
    .map(({ resource, verbs, subresources, schema, custom }) => [
      resource,
      verbs,
      subresources,
      schema,
      custom?.openApi.digest,
    ]);
  const types = Object.keys(typePackages).length;
  return createHash('sha512')
    .update(JSON.stringify([revision, kubernetesVersion, hasDescriptions(), types, path, about]))
    .digest('hex')
    .toUpperCase();
}

function documentPaths(definitions: Definitions): string[] {
  // Groups that only custom resources have are served by another server, which has no document of the group itself.
  const builtIn = new Set(definitions.filter((d) => !d.custom).map(({ group }) => group));
  const groups = groupsOf(definitions).flatMap(({ group, versions }) => {
    const root = group === '' ? 'api' : `apis/${group}`;
    return [...(builtIn.has(group) ? [root] : []), ...versions.map((version) => `${root}/${version}`)];
  });
  return ['.well-known/openid-configuration', 'apis', 'openid/v1/jwks', 'version', ...groups].sort();
}

/** `['apis', 'apps', 'v1']`; the core group is empty. */
function split(path: string): [root: string, group: string, version?: string] {
  const [root = '', first, second] = path.split('/');
  return root === 'api' ? [root, '', first] : [root, first ?? '', second];
}

/**
 * One document.
 * @param path as in the index: `api/v1`, `apis/apps/v1`, `apis/apps`, `version`
 * @returns undefined where the index has no such path
 */
export function openApiDocument(definitions: Definitions, path: string): OpenApiDocument | undefined {
  if (!documentPaths(definitions).includes(path)) return undefined;
  const [, group, version] = split(path);
  if (/^api(?:\/v\d|s\/[^/]+\/)/.test(path) && version) return groupVersionDocument(definitions, group, version);
  return documentOf(otherPaths(path, group));
}

function groupVersionDocument(definitions: Definitions, group: string, version: string): OpenApiDocument {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const tag = groupName(group).toLowerCase();
  const list = plainOperation(tag, `get${groupVersionName(group, version)}APIResources`, `${meta}.APIResourceList`);
  const own = definitions.filter((d) => d.group === group && d.version === version);
  const custom = own.every((d) => d.custom);
  const paths: [string, PathItem][] = custom ? [] : [[`${root}/`, { get: list }]];
  for (const definition of own) paths.push(...Object.entries(resourcePaths(definition)));
  const schemas = Object.assign({}, ...own.map((d) => d.custom?.openApi.schemas)) as Record<string, OpenApiSchema>;
  const info = custom ? { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' } : undefined;
  return documentOf(Object.fromEntries(paths.sort(([a], [b]) => (a < b ? -1 : 1))), schemas, info);
}

function otherPaths(path: string, group: string): Record<string, PathItem> {
  switch (path) {
    case 'api':
      return { '/api/': { get: plainOperation('core', 'getCoreAPIVersions', `${meta}.APIVersions`) } };
    case 'apis':
      return { '/apis/': { get: plainOperation('apis', 'getAPIVersions', `${meta}.APIGroupList`) } };
    case 'version': {
      const operation = plainOperation('version', 'getCodeVersion', 'io.k8s.apimachinery.pkg.version.Info', [
        'application/json',
      ]);
      return { '/version/': { get: operation } };
    }
    case 'openid/v1/jwks': {
      const operation = plainOperation('openid', 'getServiceAccountIssuerOpenIDKeyset', undefined, [
        'application/jwk-set+json',
      ]);
      return { '/openid/v1/jwks/': { get: operation } };
    }
    case '.well-known/openid-configuration': {
      const operation = plainOperation('WellKnown', 'getServiceAccountIssuerOpenIDConfiguration', undefined, [
        'application/json',
      ]);
      return { '/.well-known/openid-configuration/': { get: operation } };
    }
    default: {
      const name = groupName(group);
      return {
        [`/apis/${group}/`]: { get: plainOperation(name.toLowerCase(), `get${name}APIGroup`, `${meta}.APIGroup`) },
      };
    }
  }
}

/** @param custom schemas that are no built-in types' */
function documentOf(
  paths: Record<string, PathItem>,
  custom: Record<string, OpenApiSchema> = {},
  info = { title: 'Kubernetes', version: kubernetesVersion },
): OpenApiDocument {
  const referred = new Set<string>();
  collectReferences(paths, referred);
  collectReferences(custom, referred);
  const schemas = { ...openApiSchemas(referred, typeDescriptions), ...custom };
  return {
    openapi: '3.0.0',
    info,
    paths,
    components: {
      ...(Object.keys(schemas).length > 0 && { schemas }),
      securitySchemes: {
        BearerToken: {
          type: 'apiKey',
          description: 'Bearer Token authentication',
          name: 'authorization',
          in: 'header',
        },
      },
    },
  };
}

function collectReferences(value: unknown, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (key === '$ref' && typeof item === 'string') found.add(item.replace('#/components/schemas/', ''));
    else collectReferences(item, found);
  }
}

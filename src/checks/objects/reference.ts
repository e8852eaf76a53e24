import * as z from 'zod';
import type { Resource } from '../../kube/meta.ts';
import * as known from '../../kube/resources.ts';

/** The resources that a check may name, by what kubectl calls them. */
const byName = new Map<string, Resource>(
  Object.values(known).flatMap((r): [string, Resource][] => [
    [r.resource, r],
    [r.kind.toLowerCase(), r],
  ]),
);

/** `parcels.v1.depot.example.com`: a custom resource, as kubectl takes it. */
const custom = /^([a-z0-9]+)\.(v[0-9][a-z0-9]*)\.([a-z0-9-]+(?:\.[a-z0-9-]+)+)$/;

/** What a check may call a kind; `expected a known kind` else. */
export const kindName = z
  .string()
  .refine((name) => resourceByName(name) !== undefined, {
    error: 'expected a known kind, as in deployments, or plural.version.group, as in parcels.v1.example.com',
  })
  .describe('The kind as kubectl names it (deployments, svc is services); of a custom resource plural.version.group');

/** Kinds with their own words for a check: `deployment/api-client` and its namespace. */
export const referenceSchema = z.strictObject({
  object: z
    .string()
    .refine(
      (text) => /^[a-z0-9.-]+\/[a-z0-9.:-]+$/.test(text) && resourceByName(text.split('/')[0] ?? '') !== undefined,
      {
        error: 'expected kind/name of a known kind, as in deployment/api-client',
      },
    )
    .describe('kind/name, as in deployment/web; of a custom resource plural.version.group/name'),
  namespace: z.string().optional().describe('Where it is; left out for what has no namespace'),
});
type Reference = z.infer<typeof referenceSchema>;

/** The resource by one of its names (`deployments`, `deployment`); undefined if it is not known. */
export function resourceByName(name: string): Resource | undefined {
  const known = byName.get(name.toLowerCase());
  if (known) return known;
  const [, resource, version, group] = custom.exec(name) ?? [];
  if (!resource || !version || !group) return undefined;
  // Whether it has namespaces only the cluster knows; without one the path is the same.
  return { group, version, resource, kind: resource, namespaced: true };
}

/** What to mirror for one object. */
export function objectReference(spec: Reference): { resource: Resource; namespace?: string } {
  const { resource, namespace } = parseReference(spec);
  return { resource, ...(namespace ? { namespace } : {}) };
}

/** The reference taken apart, with how people name it and how they look at it. */
export function parseReference(spec: Reference) {
  const [kind = '', name = ''] = spec.object.split('/');
  const resource = resourceByName(kind) ?? known.configMaps;
  const namespace = resource.namespaced ? spec.namespace : undefined;
  return {
    resource,
    namespace,
    name,
    label: `${resource.kind} ${name}`,
    command: `kubectl get ${spec.object}${namespace ? ` -n ${namespace}` : ''} -o yaml`,
  };
}

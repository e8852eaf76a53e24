import * as z from 'zod';
import type { Resource } from '../kube/meta.ts';
import * as known from '../kube/resources.ts';

/** The resources that a check may name, by what kubectl calls them. */
const byName = new Map<string, Resource>(
  Object.values(known).flatMap((r): [string, Resource][] => [
    [r.resource, r],
    [r.kind.toLowerCase(), r],
  ]),
);

/** Kinds with their own words for a check: `deployment/api-client` and its namespace. */
export const referenceSchema = z.strictObject({
  object: z.string().refine((text) => /^[a-z]+\/[a-z0-9.:-]+$/.test(text) && byName.has(text.split('/')[0] ?? ''), {
    error: 'expected kind/name of a known kind, as in deployment/api-client',
  }),
  namespace: z.string().optional(),
});
type Reference = z.infer<typeof referenceSchema>;

/** The resource by one of its names (`deployments`, `deployment`); undefined if it is not known. */
export function resourceByName(name: string): Resource | undefined {
  return byName.get(name.toLowerCase());
}

/** What to mirror for one object. */
export function objectReference(spec: Reference): { resource: Resource; namespace?: string } {
  const { resource, namespace } = parseReference(spec);
  return { resource, ...(namespace ? { namespace } : {}) };
}

/** The reference taken apart, with how people name it and how they look at it. */
export function parseReference(spec: Reference) {
  const [kind = '', name = ''] = spec.object.split('/');
  const resource = byName.get(kind) ?? known.configMaps;
  const namespace = resource.namespaced ? spec.namespace : undefined;
  return {
    resource,
    namespace,
    name,
    label: `${resource.kind} ${name}`,
    command: `kubectl get ${spec.object}${namespace ? ` -n ${namespace}` : ''} -o yaml`,
  };
}

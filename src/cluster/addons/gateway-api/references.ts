/** How objects of the Gateway API refer to others. */
import { about, names, object, port, type Schema, withDefault } from '../schema-parts.ts';

export const gatewayGroup = 'gateway.networking.k8s.io';

/** To an object in the same Namespace, of any kind. */
export const localReference: Schema = object(
  {
    group: about('API group of the referent; empty: core.', names.group),
    kind: about('Kind of the referent.', names.kind),
    name: about('Name of the referent.', names.object),
  },
  ['group', 'kind', 'name'],
);

const namespace = about('Namespace of the referent; by default that of the object itself.', names.namespace);

/** To an object that configures a class further. */
export const parametersReference: Schema = object({ ...localReference.properties, namespace }, [
  'group',
  'kind',
  'name',
]);

/** @param group and kind that are meant if nothing is said */
export function objectReference(group: string, kind: string, more: Record<string, Schema> = {}): Schema {
  return object(
    {
      group: about('API group of the referent; empty: core.', withDefault(names.group, group)),
      kind: about('Kind of the referent.', withDefault(names.kind, kind)),
      name: about('Name of the referent.', names.object),
      namespace,
      ...more,
    },
    ['name'],
  );
}

/** To the Gateway, or whatever else a route wants to be attached to. */
export const parentReference = objectReference(gatewayGroup, 'Gateway', {
  port: about('Only listeners of this port.', port),
  sectionName: about('Only the listener of this name.', names.section),
});

/** A kind of routes. */
export const routeKind: Schema = object(
  {
    group: about('API group of the routes.', withDefault(names.group, gatewayGroup)),
    kind: about('Kind of the routes.', names.kind),
  },
  ['kind'],
);

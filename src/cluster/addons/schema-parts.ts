/** Small parts that schemas of CustomResourceDefinitions are put together from. */
import type { CustomResourceColumnDefinition, CustomResourceDefinition, JSONSchemaProps } from '../../kube/api.gen.ts';

export type Schema = JSONSchemaProps;
export type Rule = NonNullable<Schema['x-kubernetes-validations']>[number];

/** `rule('self > 0', 'must be positive')`. */
export const rule = (text: string, message: string): Rule => ({ rule: text, message });

/** The schema with a description, and with rules. */
export const about = (description: string, schema: Schema): Schema => ({ description, ...schema });
export const ruled = (schema: Schema, ...rules: Rule[]): Schema => ({ ...schema, 'x-kubernetes-validations': rules });

export const text = (options: Omit<Schema, 'type'> = {}): Schema => ({ type: 'string', ...options });
export const oneOf = (...values: string[]): Schema => ({ type: 'string', enum: values });
export const integer = (minimum?: number, maximum?: number): Schema => ({
  ...{ type: 'integer', format: 'int32' },
  ...(minimum !== undefined && { minimum }),
  ...(maximum !== undefined && { maximum }),
});

/** @param required names of properties that must be there */
export const object = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
});

export const mapOf = (values: Schema, maxProperties: number): Schema => ({
  ...{ type: 'object', additionalProperties: values, maxProperties },
});

/** A list that is replaced as a whole. */
export const listOf = (items: Schema, maxItems?: number): Schema => ({
  ...{ type: 'array', items, 'x-kubernetes-list-type': 'atomic' },
  ...(maxItems !== undefined && { maxItems }),
});

/** A list whose items are told apart by a key. */
export const keyedListOf = (items: Schema, key: string, maxItems: number): Schema => ({
  ...{ type: 'array', items, maxItems, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] },
});

export const setOf = (items: Schema, maxItems: number): Schema => ({
  ...{ type: 'array', items, maxItems, 'x-kubernetes-list-type': 'set' },
});

const subdomain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';

/** Names of things, as the Gateway API limits them. */
export const names = {
  object: text({ minLength: 1, maxLength: 253 }),
  namespace: text({ minLength: 1, maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' }),
  group: text({ maxLength: 253, pattern: `^$|^${subdomain}$` }),
  kind: text({ minLength: 1, maxLength: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$' }),
  section: text({ minLength: 1, maxLength: 253, pattern: `^${subdomain}$` }),
  hostname: text({ minLength: 1, maxLength: 253, pattern: `^(\\*\\.)?${subdomain}$` }),
  preciseHostname: text({ minLength: 1, maxLength: 253, pattern: `^${subdomain}$` }),
  domainPath: text({
    ...{ minLength: 1, maxLength: 253 },
    pattern: `^${subdomain}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$`,
  }),
  httpHeader: text({ minLength: 1, maxLength: 256, pattern: "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$" }),
  subdomain,
};

export const withDefault = (schema: Schema, value: unknown): Schema => ({ ...schema, default: value as object });
export const port = integer(1, 65_535);

/** metav1.Condition. */
export const condition: Schema = object(
  {
    lastTransitionTime: about('When the status last changed.', text({ format: 'date-time' })),
    message: about('Details, for people.', text({ maxLength: 32_768 })),
    observedGeneration: about('The generation of the object that was looked at.', {
      ...{ type: 'integer', format: 'int64', minimum: 0 },
    }),
    reason: about(
      'Why, in one word.',
      text({ minLength: 1, maxLength: 1024, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' }),
    ),
    status: oneOf('True', 'False', 'Unknown'),
    type: about(
      'What it is about.',
      text({ maxLength: 316, pattern: `^(${subdomain}/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$` }),
    ),
  },
  ['lastTransitionTime', 'message', 'reason', 'status', 'type'],
);

export const conditions = about('What is known of the state of the object.', keyedListOf(condition, 'type', 8));

/** What stands in the status until a controller has looked. */
export const pending = (...types: string[]) =>
  types.map((type) => ({
    ...{ type, status: 'Unknown', reason: 'Pending', message: 'Waiting for controller' },
    lastTransitionTime: '1970-01-01T00:00:00Z',
  }));

export const root = (description: string, spec: Schema, status: Schema): Schema =>
  about(
    description,
    object({ apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' }, spec, status }, [
      'spec',
    ]),
  );

export const column = (name: string, jsonPath: string, more: Partial<CustomResourceColumnDefinition> = {}) => ({
  ...{ name, type: 'string', jsonPath },
  ...more,
});
export const age = column('Age', '.metadata.creationTimestamp', { type: 'date' });

export interface DefinitionParts {
  group: string;
  kind: string;
  plural: string;
  scope: 'Cluster' | 'Namespaced';
  shortNames?: string[];
  categories: string[];
  annotations: Record<string, string>;
  /** The first one is stored; all have the same schema. */
  versions: string[];
  columns: CustomResourceColumnDefinition[];
  schema: Schema;
}

/** A definition whose kind has a status. */
export function customResourceDefinition(parts: DefinitionParts): CustomResourceDefinition {
  const { group, kind, plural, scope, shortNames, categories, annotations, versions, columns, schema } = parts;
  const singular = kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, annotations },
    spec: {
      ...{ group, scope },
      names: { kind, listKind: `${kind}List`, plural, singular, categories, ...(shortNames && { shortNames }) },
      versions: versions.map((name, i) => ({
        ...{ name, served: true, storage: i === 0, additionalPrinterColumns: columns },
        ...{ subresources: { status: {} }, schema: { openAPIV3Schema: schema } },
      })),
    },
  };
}

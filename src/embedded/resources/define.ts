import type { KubeObject, Resource } from '../../kube/meta.ts';
import { factsOf } from '../codec/facts.ts';
import { metadataCells, metadataColumns } from '../codec/views.ts';
import type { FieldSelector, ResourceDefinition, Strategy } from '../definition.ts';

/** What a file in `resources/` says of its kind; all else is a recorded fact. */
export interface ResourceDescription<T extends KubeObject> {
  group: string;
  version: string;
  /** Plural, lower case: `pods`. */
  resource: string;
  strategy: Strategy<T>;
  /** The cells of a table row in the order of the recorded columns. Left out: name and creation time, as the default printer shows them. */
  cells?: ResourceDefinition<T>['cells'];
  rowConditions?: ResourceDefinition<T>['rowConditions'];
  /** Beyond metadata.name and metadata.namespace. */
  fieldSelectors?: Readonly<Record<string, FieldSelector<T>>>;
  deprecationWarning?: string;
  review?: boolean;
  computed?: ResourceDefinition<T>['computed'];
  storedAs?: Resource;
  convert?: ResourceDefinition<T>['convert'];
}

/**
 * Makes the definition of a built-in kind: singular, short names, categories, verbs, subresources, columns and schema
 * come from what a v1.35 API server was recorded to publish (fixtures/kubernetes/discovery, openapi, tables).
 * Usage: `defineResource<Pod>({ ...pods, strategy, cells })` with a constant of `kube/resources.ts`.
 * @throws if the server was not recorded to serve this resource
 */
export function defineResource<T extends KubeObject>(description: ResourceDescription<T>): ResourceDefinition<T> {
  const { group, version, resource } = description;
  const facts = factsOf(group, version, resource);
  return {
    group,
    version,
    resource,
    kind: facts.kind,
    namespaced: facts.namespaced,
    singular: facts.singular,
    shortNames: facts.shortNames,
    categories: facts.categories,
    verbs: facts.verbs,
    schema: facts.schema,
    subresources: facts.subresources,
    columns: facts.columns ?? metadataColumns,
    strategy: description.strategy,
    cells: description.cells ?? metadataCells,
    rowConditions: description.rowConditions,
    fieldSelectors: description.fieldSelectors,
    deprecationWarning: description.deprecationWarning,
    review: description.review,
    computed: description.computed,
    storedAs: description.storedAs,
    convert: description.convert,
  };
}

import type { KubeObject, Resource, Stored } from '../../kube/meta.ts';
import type { ResourceDefinition, Strategy } from '../definition.ts';
import { recordedFacts } from './recorded-facts.ts';

/** What a file in `resources/` says of its kind; all else is a recorded fact. */
export interface ResourceDescription<T extends KubeObject> {
  group: string;
  version: string;
  /** Plural, lower case: `pods`. */
  resource: string;
  strategy: Strategy<T>;
  /** The cells of a table row in the order of the recorded columns. Left out: only the name and the age, as the default printer shows them. */
  cells?: (object: Stored<T>, now: number) => unknown[];
  rowConditions?: (object: Stored<T>) => unknown[] | undefined;
  /** Beyond metadata.name and metadata.namespace. */
  fieldSelectors?: Readonly<Record<string, (object: Stored<T>) => string>>;
  review?: boolean;
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
  return {
    ...recordedFacts(group, version, resource),
    group,
    version,
    resource,
    strategy: description.strategy,
    cells: description.cells ?? (() => []),
    rowConditions: description.rowConditions,
    fieldSelectors: description.fieldSelectors,
    review: description.review,
    storedAs: description.storedAs,
    convert: description.convert,
  };
}

import type { KubeObject, ListMeta, Stored } from '../../kube/meta.ts';
import type { ResourceDefinition } from '../definition.ts';

/** What kinds without a printer of their own show. */
export const metadataColumns: ResourceDefinition['columns'] = [
  { name: 'Name', type: 'string', format: 'name', priority: 0 },
  { name: 'Created At', type: 'string', format: '', priority: 0 },
];
export const metadataCells: ResourceDefinition['cells'] = ({ metadata }) => [metadata.name, metadata.creationTimestamp];

export interface TableOptions {
  /** Of meta.k8s.io. */
  version?: 'v1' | 'v1beta1';
  /** `Metadata` (the default), `Object` or `None`. */
  includeObject?: string;
  /** Milliseconds since 1970: ages are counted to here. */
  now: number;
  listMeta?: ListMeta;
  /** False for the later events of a watch, which leave the column definitions out. Default true. */
  columns?: boolean;
}

/**
 * The objects as a Table of meta.k8s.io: what kubectl asks for when it prints. Columns and cells are those of the
 * definition, all priorities; kubectl hides what is not wide.
 */
export function toTable(
  definition: ResourceDefinition,
  objects: readonly Stored[],
  options: TableOptions,
): Record<string, unknown> {
  const { version = 'v1', includeObject = 'Metadata', now, listMeta = {}, columns = true } = options;
  const object = (value: Stored) => {
    if (includeObject === 'None') return null;
    return includeObject === 'Object' ? typed(definition, value) : toPartialMetadata(value, version);
  };
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: listMeta,
    columnDefinitions: columns
      ? definition.columns.map(({ name, type, format = '', description = '', priority }) => ({
          name,
          type,
          format,
          description,
          priority,
        }))
      : null,
    rows: objects.map((value) => {
      const conditions = definition.rowConditions?.(value);
      return {
        cells: definition.cells(value, now),
        ...(conditions && conditions.length > 0 && { conditions }),
        object: object(value),
      };
    }),
  };
}

/** The object's metadata alone, as PartialObjectMetadata. */
export function toPartialMetadata(object: KubeObject, version = 'v1'): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

function typed({ group, version, kind }: ResourceDefinition, object: KubeObject): KubeObject {
  return object.kind ? object : { ...object, kind, apiVersion: group === '' ? version : `${group}/${version}` };
}

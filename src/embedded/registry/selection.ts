import { ownValue } from '../../kernel/own.ts';
import { type FieldRequirement, matchesFields, parseFieldSelector } from '../../kube/field-selectors.ts';
import type { Stored } from '../../kube/meta.ts';
import { matchesLabels, parseLabelSelector, type Requirement, SelectorError } from '../../kube/selectors.ts';
import type { ResourceDefinition } from '../definition.ts';
import { quote } from '../errors/field.ts';
import { badRequest } from '../errors/status.ts';

/** The label and field selector of a request, parsed and checked against the fields that the kind can select by. */
export interface Selection {
  /** Selects everything. */
  readonly empty: boolean;
  matches(object: Stored): boolean;
}

const everything: Selection = { empty: true, matches: () => true };

/** Throws 400 with the API server's text for selectors it would refuse. */
export function selectionOf(
  d: ResourceDefinition,
  selectors: { labelSelector?: string; fieldSelector?: string },
): Selection {
  if (!selectors.labelSelector && !selectors.fieldSelector) return everything;
  let labels: readonly Requirement[];
  let fields: readonly FieldRequirement[];
  try {
    labels = parseLabelSelector(selectors.labelSelector ?? '');
    // A term without a field and a value selects everything.
    fields = parseFieldSelector(selectors.fieldSelector ?? '').filter(
      ({ field, value }) => field !== '' || value !== '',
    );
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
  for (const { field } of fields) checkField(d, field);
  if (labels.length === 0 && fields.length === 0) return everything;
  return {
    empty: false,
    matches: (object) =>
      matchesLabels(labels, object.metadata.labels) && matchesFields(fields, (field) => fieldValue(d, object, field)),
  };
}

function checkField(d: ResourceDefinition, field: string): void {
  if (field === 'metadata.name' || field === 'metadata.namespace') return;
  if (d.fieldSelectors && Object.hasOwn(d.fieldSelectors, field)) return;
  // Kinds with selectable fields of their own convert labels themselves; all others share one conversion.
  if (d.group === 'batch' && d.resource === 'jobs') {
    throw badRequest(`field label ${quote(field)} not supported for Job`);
  }
  if (d.custom || (d.fieldSelectors && Object.keys(d.fieldSelectors).length > 0)) {
    throw badRequest(`field label not supported: ${field}`);
  }
  throw badRequest(`${quote(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`);
}

function fieldValue(d: ResourceDefinition, object: Stored, field: string): string {
  if (field === 'metadata.name') return object.metadata.name;
  if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
  return ownValue(d.fieldSelectors, field)?.(object) ?? '';
}

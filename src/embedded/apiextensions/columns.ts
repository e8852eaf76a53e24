/** The tables of custom resources. */
import type { CustomResourceColumnDefinition } from '../../kube/api.gen.ts';
import { humanDuration } from '../../kube/duration.ts';
import { resultText } from '../../kube/json-path/json-path.ts';
import type { Stored } from '../../kube/meta.ts';
import type { Column } from '../definition.ts';
import { firstAt } from './json-path.ts';

const nameColumn: Column = { name: 'Name', type: 'string', format: 'name', priority: 0 };

/** What is shown where a version says nothing. */
const ageOnly: CustomResourceColumnDefinition[] = [
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

/** Columns and cells of a version. */
export function tableOf(given: readonly CustomResourceColumnDefinition[] | undefined): {
  columns: readonly Column[];
  cells(object: Stored, now: number): unknown[];
} {
  const definitions = given?.length ? given : ageOnly;
  const columns = definitions.map(({ name, type, format, description, jsonPath, priority }) => ({
    name,
    type: type as Column['type'],
    ...(format && { format }),
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority: priority ?? 0,
  }));
  const values = definitions.map(({ jsonPath }) => firstAt(jsonPath));
  return {
    columns: [nameColumn, ...columns],
    cells: (object, now) => [
      object.metadata.name,
      ...definitions.map(({ type }, i) => cellOf(type, values[i]?.(object), now)),
    ],
  };
}

/** null where the value is missing or of another type. */
function cellOf(type: string, value: unknown, now: number): unknown {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'string':
      return resultText(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? ageOf(value, now) : null;
    default:
      return null;
  }
}

function ageOf(text: string, now: number): string {
  if (text === '') return '<unknown>';
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? '<invalid>' : humanDuration(Math.floor((now - time) / 1000));
}

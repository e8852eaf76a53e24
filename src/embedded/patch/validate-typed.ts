import type { ListSchema, TypeSchema } from '../schema.ts';
import { elementText } from './field-set.ts';
import { goPrint, goSyntax, goType, isMap } from './json-value.ts';
import { fieldSchema, ItemError, itemElement, resolve } from './typed.ts';

/**
 * Why `value` does not fit its schema, as structured-merge-diff says it (`.data.a: expected string, got ...`); undefined
 * if it fits. Several faults are listed under `errors:`. Stored objects may have duplicates in keyed lists.
 */
export function typeFault(schema: TypeSchema, value: unknown, duplicates = false): string | undefined {
  const all: string[] = [];
  visit(schema, value, '', all);
  const faults = duplicates ? all.filter((fault) => !fault.includes(duplicateText)) : all;
  if (faults.length <= 1) return faults[0];
  return ['errors:', ...faults.map((fault) => `  ${fault}`)].join('\n');
}

const duplicateText = ': duplicate entries for key ';

function visit(declared: TypeSchema, value: unknown, path: string, faults: string[]): void {
  if (value === null || value === undefined) return;
  const schema = resolve(declared, value);
  const fault = (text: string) => faults.push(path === '' ? text : `${path}: ${text}`);
  switch (schema.kind) {
    case 'scalar': {
      const text = scalarFault(schema.type, value);
      if (text) fault(text);
      return;
    }
    case 'list':
      if (Array.isArray(value)) visitItems(schema, value, path, faults);
      else fault(`expected list, got &{${goPrint(value)}}`);
      return;
    default:
      if (!isMap(value)) {
        fault(`expected map, got &{${goPrint(value)}}`);
        return;
      }
      for (const key of Object.keys(value)) {
        const below = fieldSchema(schema, key);
        if (below) visit(below, value[key], `${path}.${key}`, faults);
        else faults.push(`${path}.${key}: field not declared in schema`);
      }
  }
}

function scalarFault(type: string, value: unknown): string | undefined {
  const wrapped = `&value.valueUnstructured{Value:${goSyntax(value)}}`;
  switch (type) {
    case 'any':
      return undefined;
    case 'integer':
    case 'number':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${goPrint(value)}}`;
    case 'quantity':
    case 'intOrString':
      return typeof value !== 'object' ? undefined : `expected any scalar, got &{${goPrint(value)}}`;
    default:
      return typeof value === 'string' ? undefined : `expected string, got ${wrapped}`;
  }
}

function visitItems(schema: ListSchema, items: readonly unknown[], path: string, faults: string[]): void {
  const seen = new Set<string>();
  for (const [i, item] of items.entries()) {
    let where = `[${i}]`;
    if (schema.listType !== 'atomic') {
      try {
        const element = itemElement(schema, item);
        where = elementText(element);
        if (seen.has(element)) faults.push(`${path}${duplicateText}${where}`);
        seen.add(element);
      } catch (error) {
        if (!(error instanceof ItemError)) throw error;
        faults.push(`${path}: element ${i}: ${error.message}`);
        continue;
      }
    }
    visit(schema.items, item, `${path}${where}`, faults);
  }
}

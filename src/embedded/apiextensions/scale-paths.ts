import { ownValue } from '../../kernel/own.ts';
import type { CustomResourceSubresourceScale } from '../../kube/api.gen.ts';
import type { FieldError } from '../registry/field.ts';
import * as field from '../registry/field.ts';
import { isMap } from './schema.ts';

const steps = (path: string) => path.replace(/^\./, '').split('.');
const maxInt32 = 2 ** 31 - 1;

/** The value at a simple path. */
export function valueAtPath(object: unknown, path: string): unknown {
  return steps(path).reduce<unknown>((value, name) => (isMap(value) ? ownValue(value, name) : undefined), object);
}

/** What a scale subresource could not show: replicas that are no such number, a selector that is no text. */
export function scaleFaults(object: unknown, scale: CustomResourceSubresourceScale, statusOnly: boolean): FieldError[] {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  const errors = statusOnly ? [] : replicasFaults(object, specReplicasPath);
  errors.push(...replicasFaults(object, statusReplicasPath));
  const selector = labelSelectorPath ? valueAtPath(object, labelSelectorPath) : undefined;
  if (labelSelectorPath && selector !== undefined && typeof selector !== 'string') {
    errors.push(field.invalid(labelSelectorPath, '', typeFault(labelSelectorPath, selector, 'string')));
  }
  return errors;
}

function replicasFaults(object: unknown, path: string): FieldError[] {
  const value = valueAtPath(object, path);
  if (value === undefined) return [];
  if (!Number.isInteger(value)) return [field.invalid(path, 0, typeFault(path, value, 'int64'))];
  if (Number(value) < 0) return [field.invalid(path, value, 'should be a non-negative integer')];
  if (Number(value) > maxInt32) {
    return [field.invalid(path, value, `should be less than or equal to ${maxInt32}`)];
  }
  return [];
}

/** As unstructured.NestedInt64 says it. */
function typeFault(path: string, value: unknown, wanted: string): string {
  const types: Record<string, string> = { number: 'float64', boolean: 'bool', string: 'string' };
  const type =
    value === null
      ? '<nil>'
      : Array.isArray(value)
        ? '[]interface {}'
        : (types[typeof value] ?? 'map[string]interface {}');
  const shown = value === null ? '<nil>' : String(value);
  return `.${steps(path).join('.')} accessor error: ${shown} is of the type ${type}, expected ${wanted}`;
}

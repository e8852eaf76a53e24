import type { ObjectMeta } from '../../kube/api.gen.ts';
import { dns1035Label } from '../../kube/validation.ts';
import type { FieldError, FieldPath } from '../errors/field.ts';
import * as field from '../errors/field.ts';
import { validateEmbeddedMeta } from '../registry/metadata.ts';
import { fieldOf, isEmbedded, isMap, itemsOf, type JsonMap, propertyOf, type Schema } from './schema.ts';

/** What is wrong with apiVersion, kind and metadata of objects within an object. */
export function embeddedFaults(value: unknown, schema: Schema | undefined, at: FieldPath = field.path()): FieldError[] {
  if (!schema) return [];
  if (Array.isArray(value)) return value.flatMap((item, i) => embeddedFaults(item, itemsOf(schema), at.index(i)));
  if (!isMap(value)) return [];
  const below = Object.keys(value).flatMap((key) =>
    embeddedFaults(value[key], fieldOf(schema, key), propertyOf(schema, key) ? at.child(key) : at.key(key)),
  );
  return isEmbedded(schema) ? [...resourceFaults(value, at), ...below] : below;
}

function resourceFaults(value: JsonMap, at: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['apiVersion', 'kind']) {
    if (value[name] === undefined) errors.push(field.required(at.child(name)));
    else if (value[name] === '') errors.push(field.invalid(at.child(name), '', 'must not be empty'));
  }
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2) {
    errors.push(field.invalid(at.child('apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  }
  const bad = typeof kind === 'string' && kind !== '' ? dns1035Label(kind.toLowerCase()) : [];
  if (bad.length > 0) {
    const why = `may have mixed case, but should otherwise match: ${bad.join(',')}`;
    errors.push(field.invalid(at.child('kind'), kind, why));
  }
  if (isMap(metadata)) {
    errors.push(
      ...validateEmbeddedMeta(
        { ...(metadata as ObjectMeta), name: (metadata as ObjectMeta).name || 'fakename' },
        at.child('metadata'),
      ),
    );
  }
  return errors;
}
